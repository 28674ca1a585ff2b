"""Whatever lies in a file to learn from, or in what a training leaves: a problem, no failure."""

import csv
import gzip
import io
import json
import tarfile

from fuzz.budget import fuzzed, within
from fuzz.mutation import damaged, documents, mutated, raw
from hypothesis import example, given
from hypothesis import strategies as st

from judge_classifier.gates import judge, read_metrics, training_warning
from judge_classifier.matrix import UnreadableMatrix, read_matrix
from prepare_training.check import MOST_PROBLEMS, Checked, check_test, check_training

SECRET = "SECRET-OF-A-TEXT"
CSV = [
    "".join(
        f'{label},"{SECRET} {n}, ""{label}"""\r\n'
        for n in range(50)
        for label in ("safe", "unsafe")
    ).encode(),
    f"{SECRET},unsafe\n{SECRET} 2,safe\n".encode() * 3,
    b'safe,"\n' * 300,
]
SPARKS = [
    *(b"\n", b"\r\n", b"\r", b'"', b'""', b'"\n', b'",', b",", b",,", b";", b", ", b'safe, "'),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\xbd", b"\x00", b"label,text\n", "\ufdfa".encode()),
    *(b"x" * 70_000, b"safe," + b"x" * 10_241, b'"' * 999, b"unsafe,a\n"),
]
SIZES = st.sampled_from([997, 65_536, 10**7])
MATRIX = {"type": "multi_class", "confusion_matrix": [[3, 1], [0, 4]], "labels": ["safe", "unsafe"]}
METRICS = {"Accuracy": 0.9, "Precision": 0.9, "Recall": 0.9, "F1Score": 0.9}
CLASSIFIER = {
    "Status": "TRAINED_WITH_WARNING",
    "Message": "skipped",
    "ClassifierMetadata": {"EvaluationMetrics": METRICS},
}


def archive(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        file = tarfile.TarInfo("output/confusion_matrix.json")
        file.size = len(content)
        tar.addfile(file, io.BytesIO(content))
    return packed.getvalue()


def check(content: bytes, size: int, training: Checked | None) -> Checked:
    clean = io.BytesIO()
    blocks = (content[start : start + size] for start in range(0, len(content), size))
    with within(2):
        if training is None:
            checked = check_training(blocks, ["unsafe"], clean)
        else:
            checked = check_test(blocks, training, clean)
    assert len(checked.problems) <= min(MOST_PROBLEMS, checked.found)
    for problem in checked.problems:
        assert SECRET not in problem.message
        assert len(problem.message) <= 1000
    copied = list(csv.reader(io.StringIO(clean.getvalue().decode(), newline=""), strict=True))
    assert len(copied) == sum(checked.texts.values()) == len({text for _, text in copied})
    assert all(len(row) == 2 and all(row) for row in copied)
    return checked


@fuzzed(80)
@given(content=damaged(CSV, SPARKS) | st.binary(max_size=60), size=SIZES)
@example(content=b'safe,"a ""\n' * 3000, size=997)
@example(content=b'"' * 200_001, size=997)
@example(content=b"," * 60_000, size=997)
@example(content=b"\n" * 50_000, size=997)
def test_any_file_to_learn_from(content: bytes, size: int) -> None:
    training = check(content, size, None)
    check(content, size, training)


@fuzzed(80)
@given(content=mutated([MATRIX]).map(raw) | documents().map(raw))
def test_any_matrix(content: bytes) -> None:
    try:
        matrix = read_matrix(gzip.compress(archive(content)))
    except UnreadableMatrix:
        return
    assert all(recall is None or 0 <= recall <= 1 for recall in matrix.recalls().values())


@fuzzed(80)
@given(content=damaged([archive(json.dumps(MATRIX).encode())], [b"\0" * 512, b"7" * 11, b"-1"]))
def test_any_archive(content: bytes) -> None:
    for packed in (gzip.compress(content), content, gzip.compress(content)[:-9]):
        try:
            read_matrix(packed)
        except UnreadableMatrix:
            continue


@fuzzed(80)
@given(classifier=mutated([CLASSIFIER]) | st.dictionaries(st.text(), documents()))
def test_any_answer_of_comprehend(classifier: object) -> None:
    if isinstance(classifier, dict):
        metrics = read_metrics(classifier)
        judge(metrics, None, {"f1": 0.8, "recall": 0.8}, ["unsafe"])
        training_warning(classifier)
