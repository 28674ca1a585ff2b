"""What can be known of an image without a judge, and in which form a judge can see it."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from shared.pictures.confinement import output_of

# Wall-clock, for a process that gets 12 s of CPU. Ten images must fit into the function's time.
_PATIENCE_SECONDS = 20
# A JPEG of 16 x 16 pixels is far below.
_MOST_PREVIEW = 2048


@dataclass(frozen=True)
class Examined:
    """An image that can be decoded. Width and height in pixels, preview a JPEG in base64.

    With a `copy` (JPEG), that is what must be judged; `changes` are (rule, message) of why.
    """

    format: str
    width: int
    height: int
    phash: str
    preview: str
    changes: list[tuple[str, str]]
    copy: bytes


class Unreadable(Exception):
    """No image that could be judged, for `rule`; the message is for people."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.message = rule, message


def examine(data: bytes, wants_copy: bool = False) -> Examined:
    """Decodes the file in a confined process. Raises Unreadable."""
    arguments = ["copy"] if wants_copy else []
    try:
        written = output_of("moderate_dataset_images.confined", arguments, data, _PATIENCE_SECONDS)
        line, _, copy = written.partition(b"\n")
        known = json.loads(line)
        return _refused_or(known, copy)
    except (subprocess.SubprocessError, OSError, ValueError, LookupError, TypeError):
        raise Unreadable("too_costly", "decoding it takes too much time or memory") from None


def _refused_or(known: dict[str, Any], copy: bytes) -> Examined:
    if "refused" in known:
        raise Unreadable(*known["refused"])
    if len(known["preview"]) > _MOST_PREVIEW:
        raise ValueError("a preview that shows too much")
    # What cannot be read as a number is found here and not where it is compared.
    int(known["phash"], 16)
    changes = [(str(rule), str(message)) for rule, message in known["changes"]]
    return Examined(**{**known, "changes": changes}, copy=copy)
