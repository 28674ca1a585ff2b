"""Where a picture is decoded, and what the confined process may know."""

import io
import subprocess
from typing import Any

import pytest
from PIL import Image

from shared.errors import MalformedReply
from shared.pictures.decoding import decode

SCENE = Image.linear_gradient("L").convert("RGB")


def encoded(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    SCENE.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of every process that decoding starts."""
    calls: list[dict[str, Any]] = []
    real = subprocess.run

    def run(*arguments: Any, **named: Any) -> Any:
        calls.append(named)
        return real(*arguments, **named)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_generators_answer_with_starts_no_process(kind: str, started: list[Any]) -> None:
    assert decode(encoded(kind)).container == kind
    assert started == []


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (encoded("WEBP"), "WEBP"),
        (encoded("JPEG", icc_profile=b"a profile"), "JPEG"),
        (encoded("PNG", icc_profile=b"a profile"), "PNG"),
        (encoded("JPEG") + b"\xff\xda" * 101, "JPEG"),
        (encoded("JPEG", exif=b"Exif\0\0" * 17), "JPEG"),
        (encoded("PNG") + bytes(4 * 1024 * 1024), "PNG"),
    ],
    ids=[
        *("another format", "JPEG with a profile", "PNG with a profile"),
        *("many scans", "EXIF data in pieces", "large"),
    ],
)
def test_everything_else_is_decoded_without_our_credentials(
    data: bytes, container: str, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    decoded = decode(data)
    assert (decoded.container, decoded.image.size) == (container, SCENE.size)
    (call,) = started
    assert call["env"].keys() <= {"PYTHONPATH", "LD_LIBRARY_PATH"}


def test_a_process_that_does_not_end_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: Any, **named: Any) -> None:
        raise subprocess.TimeoutExpired("decoding", named["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(MalformedReply):
        decode(encoded("WEBP"))


@pytest.mark.parametrize("answer", [b"", b"WEBP\n", b"WEBP\nP6 9000 9000 255\n", b"no picture"])
def test_what_the_process_answers_is_not_trusted(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.CompletedProcess([], 0, stdout=answer)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(MalformedReply):
        decode(encoded("WEBP"))
