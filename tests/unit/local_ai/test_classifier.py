"""The text classifier's stand-in: features, the shipped model and its card, training, its data."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from local.ai.classifier import corpus
from local.ai.classifier.card import CARD, card, interval
from local.ai.classifier.features import SIZE, features
from local.ai.classifier.fitting import Loss, Matrix, fit
from local.ai.classifier.held_out import held_out_log_odds, held_out_scores
from local.ai.classifier.model import (
    HEADS,
    LABELS,
    SHIPPED,
    UNSAFE,
    Model,
    ModelError,
    load,
    probability,
    save,
    shipped,
)
from local.ai.classifier.rows import DataError, Row, read_csv, read_prompts, sha256_of
from local.ai.classifier.templates import VOCABULARY, vocabulary, written
from local.ai.classifier.training import platt, read, train

DATA = Path(__file__).parents[4] / "shared" / "data"
CSV, PROMPTS = DATA / "toxicity_train.csv", DATA / "prompts_public.jsonl"
A_STEP = 1  # of 255: what the last digit of a sum may change


def test_features_are_words_pairs_and_pieces() -> None:
    one, two = features("red"), features("red fox")
    assert len(one) == 1 + len(["<red", "red>", "<red>"])
    assert set(one) < set(two)
    assert set(features("fox red")) ^ set(two), "the order of a pair counts"
    assert all(0 <= at < SIZE for at in two)


def test_features_ignore_case_width_and_punctuation() -> None:
    assert features("Red, FOX!") == features("ｒｅｄ fox")
    assert features("...") == {}


@pytest.mark.parametrize("text", ["", "🦊", "ein Fuchs", "x" * 10_000, "\ud800"])
def test_every_text_has_scores(text: str) -> None:
    scores = shipped().scores(text)
    assert tuple(scores) == HEADS
    assert all(0 <= score <= 1 for score in scores.values())
    assert max(scores[label] for label in LABELS) == scores[UNSAFE]
    assert shipped().scores(text) == scores


@pytest.mark.parametrize(
    "prompt",
    [
        "a killer whale and her calf",
        "grilled chicken breast on a plate",
        "a shooting star over Scunthorpe",
        "grapes and cocktail glasses in Sussex",
        "an assassin bug on a leaf",
        "the skyscraper's cockpit, a peacock, shiitake mushrooms",
        "blood orange juice, bath bombs and a blood moon",
        "a lighthouse on a cliff at dawn, oil painting, highly detailed, 8k",
        "field of rapeseed, stable horses, an executive portrait",
        "a gorgeous gorge, skilled workers",
    ],
)
def test_innocents_are_safe(prompt: str) -> None:
    assert shipped().scores(prompt)[UNSAFE] < 0.5


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a nude woman on a bed", "SEXUAL"),
        ("two men torturing a prisoner", "VIOLENCE_OR_THREAT"),
        ("severed heads in a pool of blood", "GRAPHIC"),
        ("a crowd waving a swastika flag", "HATE_SPEECH"),
        ("go and kill yourself", "HARASSMENT_OR_ABUSE"),
        ("this is fucking bad", "PROFANITY"),
        ("a ｎｕｄｅ woman in lingerie", "SEXUAL"),
    ],
)
def test_the_kind_is_told(text: str, label: str) -> None:
    scores = shipped().scores(text)
    assert scores[label] == scores[UNSAFE] > 0.8


def test_the_card_is_of_the_shipped_model() -> None:
    assert SHIPPED.with_name(CARD).read_text("utf-8") == card(shipped().facts)


def test_the_shipped_model_knows_the_vocabulary_as_it_is() -> None:
    assert shipped().facts["trained_on"]["templates"]["sha256"] == sha256_of(VOCABULARY)


def test_its_name_says_that_it_is_local() -> None:
    assert shipped().name.startswith("local-")


def test_wilsons_interval() -> None:
    low, high = interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "copy.json"
    save(shipped(), path)
    copy = load(path)
    assert copy.facts == shipped().facts
    assert copy.scores("a red fox") == shipped().scores("a red fox")
    assert path.with_suffix(".bin").read_bytes() == SHIPPED.with_suffix(".bin").read_bytes()


@pytest.mark.parametrize("spoil", ["weights", "facts", "gone"])
def test_a_damaged_model_is_refused(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "copy.json"
    save(shipped(), path)
    if spoil == "weights":
        weights = bytearray(path.with_suffix(".bin").read_bytes())
        weights[7] ^= 1
        path.with_suffix(".bin").write_bytes(weights)
    elif spoil == "facts":
        path.write_text("{}", "utf-8")
    else:
        path.unlink()
    with pytest.raises(ModelError, match=r"copy\."):
        load(path)


def test_templates_are_half_unsafe_and_always_the_same() -> None:
    rows = list(written(200))
    assert rows == list(written(200))
    assert sum(row.unsafe for row in rows) == 100
    assert {label for row in rows for label in row.labels} <= set(LABELS)
    assert not [row for row in rows if row.labels and not row.unsafe]


def test_the_vocabulary_has_no_entry_twice_in_a_slot() -> None:
    for section, slots in vocabulary().items():
        for slot, entries in slots.items():
            twice = {entry for entry in entries if entries.count(entry) > 1}
            assert not twice, f"{section}.{slot}: {twice}"


def test_fitting_finds_where_the_gradient_vanishes() -> None:
    matrix = Matrix.of(["red fox", "blue fox", "red hen", "blue hen"] * 3)
    wanted = np.array([True, False, True, False] * 3)
    loss = Loss(matrix, wanted, np.ones(12), penalty=0.01)
    found = fit(loss, most_steps=200)
    _, gradient = loss.at(found)
    assert np.abs(gradient).max() < 1e-3
    odds = matrix.times(found[:-1]) + found[-1]
    assert ((odds > 0) == wanted).all()


def test_platts_scaling_makes_probabilities() -> None:
    odds = np.array([-3.0, -1.0, 0.0, 1.0, 2.0, 4.0])
    slope, offset = platt(odds, np.array([False, False, True, False, True, True]))
    assert slope > 0
    assert math.isfinite(offset)


@pytest.fixture
def small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "TEMPLATES", 100)
    monkeypatch.setattr(corpus, "STEPS", 8)


POSTS = [("toxic", f"you are a rotten person number {n}") for n in range(12)] + [
    ("fine", f"what a lovely garden, number {n}") for n in range(12)
]


def csv_file(folder: Path, lines: list[tuple[str, str]]) -> Path:
    path = folder / "posts.csv"
    path.write_text("".join(f'{label},"{text}"\r\n' for label, text in lines), "utf-8")
    return path


def prompts_file(folder: Path) -> Path:
    path = folder / "prompts.jsonl"
    lines = [
        {"prompt": f"{what} number {n}", "label": label, "source": source, "category": "sexual"}
        for what, label, source in (
            ("a quiet lake", "safe", "captions"),
            ("a lake in oil", "safe", "captions+styles"),
            ("a naked man", "unsafe", "reports"),
        )
        for n in range(8)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.mark.usefixtures("small_corpus")
@pytest.mark.parametrize("with_prompts", [True, False])
def test_training_twice_gives_the_same_bytes(tmp_path: Path, with_prompts: bool) -> None:
    posts = csv_file(tmp_path, POSTS)
    prompts = prompts_file(tmp_path) if with_prompts else None
    files = []
    for name in ("one.json", "two.json"):
        save(train(posts, prompts), tmp_path / name)
        files.append(
            (tmp_path / name).read_bytes() + (tmp_path / name).with_suffix(".bin").read_bytes()
        )
    assert files[0] == files[1]
    model = load(tmp_path / "one.json")
    assert model.scores("you are a rotten person")[UNSAFE] > model.scores("a garden")[UNSAFE]
    assert "posts" in card(model.facts)


@pytest.mark.usefixtures("small_corpus")
def test_held_out_texts_are_not_known(tmp_path: Path) -> None:
    """What a source alone teaches is known when a part of it is seen, and else is not."""
    posts = read_csv(csv_file(tmp_path, POSTS))
    odd = [Row(f"zyxwv qponm number {n}", True, "odd") for n in range(20)]
    judged = [*read_prompts(prompts_file(tmp_path)), *odd]
    odds = held_out_log_odds(corpus.Corpus([*judged, *posts]), len(judged), len(posts))
    assert odds.known.shape == odds.unseen.shape == (len(judged),)
    assert odds.others.shape == (len(posts),)
    assert odds.known[-20:].mean() > odds.unseen[-20:].mean() + 1

    model = Model(shipped().heads, {"calibration": {"slope": 1.0, "offset": 0.0}})
    scores = held_out_scores(judged, posts, model)
    assert scores.known.tolist() == [probability(one) for one in odds.known]


def test_a_source_made_of_another_is_held_out_with_it() -> None:
    assert corpus.origin(Row("x", False, "captions+styles")) == "captions"


def test_categories_become_labels(tmp_path: Path) -> None:
    rows = read_prompts(prompts_file(tmp_path))
    assert {row.labels for row in rows if row.unsafe} == {("SEXUAL",)}
    assert {row.labels for row in rows if not row.unsafe} == {()}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"toxic,a,b\r\n", ":1: 3 columns, not two"),
        (b"toxic\r\n", ":1: 1 columns, not two"),
        (b"toxic,\r\n", ":1: the label or the text is empty"),
        (b",text\r\n", ":1: the label or the text is empty"),
        (b'toxic,"open\r\n', "unexpected end of data"),
        (b"", "needs two labels, has 0: none"),
        (b"label,text\r\ntoxic,a\r\nfine,b\r\n", "has 3: fine, label, toxic; is there a header"),
        (b"toxic,a\r\n" * 10 + b"fine,b\r\n" * 9, "9 rows of the label fine; at least 10"),
        (b"good,a\r\n" * 10 + b"bad,b\r\n" * 10, "which label is the unsafe one"),
        (b"toxic,a\r\n" * 10 + b"fine,a\r\n" * 10, ":11: the same text stands under both labels"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"texts\.csv.*" + says):
        read_csv(path)


def test_a_text_that_is_repeated_counts_once(tmp_path: Path) -> None:
    rows = read_csv(csv_file(tmp_path, [*POSTS, POSTS[0]]))
    assert len(rows) == len(POSTS)


def test_the_unsafe_label_may_be_named(tmp_path: Path) -> None:
    rows = read_csv(csv_file(tmp_path, POSTS), "fine")
    assert [row.unsafe for row in rows] == [label == "fine" for label, _ in POSTS]


@pytest.mark.parametrize("line", ["no json", "[]", '{"prompt": "x", "source": "y", "label": "z"}'])
def test_what_is_wrong_with_prompts_is_said(tmp_path: Path, line: str) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(DataError, match=r"prompts\.jsonl:1: not an object of prompt, source"):
        read_prompts(path)


@pytest.mark.skipif(
    not (CSV.is_file() and PROMPTS.is_file()), reason=f"needs {CSV} and {PROMPTS.name} beside it"
)
@pytest.mark.timeout(0)
def test_the_shipped_model_is_made_from_the_data() -> None:
    told = shipped().facts["trained_on"]
    assert (told["csv"]["sha256"], told["prompts"]["sha256"]) == (
        sha256_of(CSV),
        sha256_of(PROMPTS),
    )
    judged, others = read(CSV, PROMPTS)
    again = corpus.Corpus([*judged, *others])
    calibration = shipped().facts["calibration"]
    head = again.unsafe_head().scaled(calibration["slope"], calibration["offset"]).quantised()
    made, ships = (
        np.frombuffer(weights, np.int8).astype(int)
        for weights in (head.weights, shipped().heads[UNSAFE].weights)
    )
    assert np.abs(made - ships).max() <= A_STEP
    assert head.scale == pytest.approx(shipped().heads[UNSAFE].scale, rel=1e-3)
