"""output.tar.gz: what Comprehend documents is read, anything else is unreadable and no more."""

import gzip
import io
import json
import tarfile
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge_classifier.matrix import MOST_BYTES, NAME, Matrix, UnreadableMatrix, read_matrix

# The example of the developer guide.
DOCUMENTED = {
    "type": "multi_class",
    "confusion_matrix": [[1, 2, 0, 4], [0, 3, 0, 1], [0, 0, 1, 0], [1, 1, 1, 1]],
    "labels": ["A", "B", "X", "Y"],
    "all_labels": ["A", "B", "X", "Y"],
}


def packed(
    content: Any, name: str = f"output/{NAME}", form: int = tarfile.PAX_FORMAT, mtime: float = 0.5
) -> bytes:
    """An archive of a folder, another file and this one."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", format=form) as tar:
        folder = tarfile.TarInfo("output")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for file_name, file_body in (("output/notes.txt", b"x" * 600), (name, body)):
            file = tarfile.TarInfo(file_name)
            file.size, file.mtime = len(file_body), mtime
            tar.addfile(file, io.BytesIO(file_body))
    return archive.getvalue()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("name", [NAME, f"output/{NAME}", f"./{NAME}"])
def test_what_is_documented_is_read(name: str, form: int) -> None:
    mtime = 0.5 if form == tarfile.PAX_FORMAT else 1
    matrix = read_matrix(packed(DOCUMENTED, name, form, mtime))
    assert matrix.labels == ["A", "B", "X", "Y"]
    recalls = matrix.recalls()
    assert recalls == {"A": 1 / 7, "B": 3 / 4, "X": 1.0, "Y": 1 / 4}


def test_a_label_that_was_not_tested_has_no_recall() -> None:
    assert Matrix(["a", "b"], [[0, 0], [1, 1]]).recalls() == {"a": None, "b": 0.5}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"9" * 5000,
        [],
        None,
        {"labels": ["a"]},
        {"labels": [], "confusion_matrix": []},
        {"labels": "a", "confusion_matrix": [[1]]},
        {"labels": [1], "confusion_matrix": [[1]]},
        {"labels": ["a", "a"], "confusion_matrix": [[1, 0], [0, 1]]},
        {"labels": ["a"], "confusion_matrix": {"a": [1]}},
        {"labels": ["a"], "confusion_matrix": [[1, 2]]},
        {"labels": ["a"], "confusion_matrix": [1]},
        {"labels": ["a"], "confusion_matrix": [[-1]]},
        {"labels": ["a"], "confusion_matrix": [[0.5]]},
        {"labels": ["a"], "confusion_matrix": [[True]]},
        {"labels": ["a", "b"], "confusion_matrix": [[1, 0]]},
    ],
)
def test_what_is_no_matrix(content: Any) -> None:
    with pytest.raises(UnreadableMatrix):
        read_matrix(packed(content))


def test_what_is_no_archive() -> None:
    whole = packed(DOCUMENTED)
    unpacked = gzip.decompress(whole)
    for content in (
        b"",
        b"{}",
        gzip.compress(b""),
        gzip.compress(b"x" * 2000),
        gzip.compress(unpacked[:2000]),
        gzip.compress(unpacked[:700]),
        whole[:60],
        packed(DOCUMENTED, "output/metrics.json"),
    ):
        with pytest.raises(UnreadableMatrix):
            read_matrix(content)


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableMatrix):
            read_matrix(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "size", [b"-0000000512", b"99999999999", b"\x80\0\0\0\0\0\0\0\0\0\2", b"\0" * 11]
)
def test_a_size_that_leads_nowhere(size: bytes) -> None:
    header = bytearray(512)
    header[:4], header[124:135], header[156:157] = b"file", size, b"0"
    with pytest.raises(UnreadableMatrix):
        read_matrix(gzip.compress(bytes(header) + bytes(1024)))


@given(st.binary(max_size=1500))
def test_any_archive(content: bytes) -> None:
    for archive in (content, gzip.compress(content)):
        with pytest.raises(UnreadableMatrix):
            read_matrix(archive)
