"""A review as reviewers see it whole: schemas/review-view.schema.json.

Pictures are blurred. An original's link is made only where its caller says that this reviewer may
see it and that it was noted; and never of a picture that no decision can deliver.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.announcement import public
from shared.dynamodb import Item
from shared.records import only, part, utc_text
from shared.review_desk import short

if TYPE_CHECKING:
    from shared.s3 import Storage

_TEXTS = ("n", "prompt", "negative_prompt", "decided_reason")
_ATTEMPT = ("n", "seed", "negative_prompt_added", "labels", "verdict", "found", "ms")
_PICTURE = ("index", "verdict", "width", "height", "labels")
_RUN = ("run", "status", "stage", "created_at", "updated_at", "policy_hash")
_REVIEW = ("review_id", "about", "opened_at", "decision", "by", "at", "reason")
_DELIVERABLE = frozenset({"review", "safe", "withheld"})
_MOST_OTHERS = 10


@dataclass(frozen=True)
class History:
    """The request's record, empty if it is gone, and what the index has of its requester's others,
    newest first."""

    record: Item
    others: list[Item]


@dataclass(frozen=True)
class Viewer:
    """Shows reviews, with links that work for so many seconds."""

    storage: "Callable[[], Storage]"
    work_bucket: str
    images_bucket: str
    link_seconds: int

    def full(
        self, row: Item, history: History, who: str, originals: bool, now: datetime
    ) -> dict[str, Any]:
        """All that a reviewer may see of a review, but where it lies."""
        reasons, warnings = part(row, "reasons", []), part(row, "warnings", [])
        images = list(self._images(row, [*reasons, *warnings], originals))
        view = short(row, who, utc_text(now))
        view |= only(_TEXTS, row)
        view |= {
            "reasons": reasons,
            "warnings": warnings,
            "images": images,
            "attempts": [only(_ATTEMPT, one) for one in part(row, "attempts", [])],
            "classification": part(row, "classification", {}),
            "models": part(row, "models", {}),
            "regenerable": bool(row.get("regenerable")),
            "seen": part(row, "seen", []),
            "history": _told(row, history),
        }
        if appeal := part(row, "appeal", None):
            view["appeal"] = only(("at", "message", "against"), appeal)
        if "approved" in row:
            view["approved"] = part(row, "approved", [])
        if any("preview_url" in image or "url" in image for image in images):
            view["links_expire_at"] = utc_text(now + timedelta(seconds=self.link_seconds))
        return view

    def _images(
        self, row: Item, reasons: list[dict[str, Any]], originals: bool
    ) -> Iterator[dict[str, Any]]:
        for image in part(row, "images", []):
            view = only(_PICTURE, image)
            if said := [one for one in reasons if one.get("image") == image["index"]]:
                view["reasons"] = said
            if link := self._link(image, "preview_", self.work_bucket, self.images_bucket):
                view["preview_url"] = link
            shown = originals and image["verdict"] in _DELIVERABLE
            if shown and (link := self._link(image, "", self.work_bucket)):
                view["url"] = link
            yield view

    def _link(self, image: dict[str, Any], place: str, *buckets: str) -> str:
        """Of what lies in one of these buckets; empty for anything else."""
        bucket, key, version_id = (
            image.get(f"{place}{name}", "") for name in ("bucket", "key", "version_id")
        )
        if bucket not in buckets or not version_id:
            return ""
        # A list is answered without: every cold start would pay for the import.
        from shared.s3 import ObjectVersion

        version = ObjectVersion(bucket, key, version_id)
        return self.storage().link(version, self.link_seconds, cached=False)


def _told(row: Item, history: History) -> dict[str, Any]:
    runs = part(history.record, "history", [])
    reviews = [one for run in runs for one in run.get("reviews", ())]
    reviews += part(history.record, "reviews", [])
    return {
        "runs": [
            only(_RUN, run) | {"reasons": [public(one) for one in run.get("reasons", ())]}
            for run in runs
        ],
        "reviews": [only(_REVIEW, one) for one in reviews if one["review_id"] != row["review_id"]],
        "requester": [
            {"status": one["status"], "at": one["created_at"]}
            for one in history.others[:_MOST_OTHERS]
        ],
    }
