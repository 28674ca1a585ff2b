"""What the moderator, and the lists for text in pictures, say of one picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from check_image.asked import is_transparent, unreadable
from shared.errors import MalformedReply
from shared.moderation.rules import reason
from shared.moderation.verdict import Reasons, judge_attempt, lowest_threshold, needs_moderation
from shared.policy import Pins, Policies
from shared.rekognition import Moderator, PictureRefused

if TYPE_CHECKING:
    from shared.keywords.lists import KeywordLists

Part = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """Who judges, by what. `lists` are None where the stack does not read text in pictures."""

    moderator: Moderator
    rules: Policies[Part]
    lists: "Policies[KeywordLists] | None"

    def check(self, picture: bytes, pins: Pins) -> dict[str, Any]:
        """{verdict, reasons, warnings, labels, model, usage}; verdict is safe or unsafe.

        Raises Problem for a picture that cannot be judged, what Rekognition raises, and
        UnusableVerdict.
        """
        policy = self.rules.active(pins)
        image = {"index": 0, **_looks(picture, policy)}
        moderation, usage = None, {}
        if needs_moderation(image, policy):
            least = max(0.0, lowest_threshold(policy))
            with _readable():
                moderation = self.moderator.moderate(picture, least)
            usage["rekognition_images"] = 1
        judged = judge_attempt([image], [moderation], policy)
        if judged["verdict"] == "safe" and self.lists is not None:
            # Text in a picture that is refused anyway need not be paid for.
            writing = self._writing(picture, policy, self.lists.active(pins))
            judged = judge_attempt([image], [moderation], policy, {0: writing})
            usage["rekognition_text_images"] = 1
        return {
            "verdict": judged["verdict"],
            "reasons": _of_one(judged["reasons"]),
            "warnings": _of_one([*judged["warnings"], *_unseen(picture)]),
            "labels": judged["images"][0]["labels"],
            "model": moderation.model_version if moderation else "",
            "usage": usage,
        }

    def _writing(self, picture: bytes, policy: Part, lists: "KeywordLists") -> Reasons:
        from shared.moderation.writing import judge_writing

        with _readable():
            lines = self.moderator.read(picture, policy["text"]["threshold"])
        return judge_writing("\n".join(lines), lists, 0)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except PictureRefused:
        raise unreadable("Rekognition does not read the image") from None


def _looks(picture: bytes, policy: Part) -> dict[str, str]:
    """{phash}, or nothing where the policy lists no pictures to compare this one with."""
    if not policy["blocked_hashes"]["hashes"]:
        return {}
    # Pillow would be a third of every cold start, and few policies list pictures.
    from shared.pictures.decoding import MOST_SIDE, decode
    from shared.pictures.fingerprint import phash

    try:
        return {"phash": phash(decode(picture).image)}
    except MalformedReply:
        pixels = f"{MOST_SIDE} x {MOST_SIDE} pixels"
        raise unreadable(f"image cannot be decoded, or has more than {pixels}") from None


def _unseen(picture: bytes) -> Reasons:
    """A warning of what people may see otherwise than the moderator does."""
    if not is_transparent(picture):
        return []
    message = "its transparency is ignored, or shown on a ground that is not known"
    return [reason("image", "transparency", "warn", 0) | {"message": message}]


def _of_one(reasons: Reasons) -> Reasons:
    """Of one picture, so that none says which."""
    return [{name: value for name, value in found.items() if name != "image"} for found in reasons]
