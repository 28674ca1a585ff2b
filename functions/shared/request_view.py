"""A record as its requester sees it: schemas/request-view.schema.json.

What is left out is of nobody's business outside: where things lie, what an execution and an
inference are called, what was found below the thresholds, and who has decided a review and with
which words. Which of the policy's terms matched, and where, is told of the present run alone: its
caller may ask /moderations/prompt the same.
Links are made for two kinds of objects only, and only in the images bucket: pictures that were
delivered, and published previews, which are blurred.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.announcement import public
from shared.api import weak_etag
from shared.dynamodb import Item
from shared.records import only, part, utc_text
from shared.version import VERSION

if TYPE_CHECKING:
    from shared.s3 import Storage

_TEXTS = ("status", "stage", "created_at", "updated_at", "policy_hash", "prompt")
_PAST = ("run", "status", "stage", "created_at", "updated_at", "policy_hash")
_ATTEMPT = ("n", "seed", "negative_prompt_added", "labels", "verdict", "ms")
_PICTURE = ("index", "verdict", "width", "height")
_SHORT = ("stage", "category", "rule", "label", "message")
_REVIEW = ("about", "decision", "opened_at", "at")
_APPEAL = ("at", "message")
_MOST_REASONS_IN_SHORT = 3


@dataclass(frozen=True)
class Viewer:
    """Shows records, with links that work for so many seconds; `reviews` says if people decide."""

    storage: "Callable[[], Storage]"
    images_bucket: str
    link_seconds: int
    reviews: bool

    def full(
        self, record: Item, request_id: str, requester: str, links: dict[str, str], now: datetime
    ) -> dict[str, Any]:
        """Everything that its requester may see of a record."""
        reasons, warnings = part(record, "reasons", []), part(record, "warnings", [])
        images = list(self._images(record, [*reasons, *warnings]))
        view: dict[str, Any] = {"request_id": request_id, "run": record["run"]}
        view |= only(_TEXTS, record)
        if name := _name_behind(record, requester):
            view["requester"] = name
        view |= {
            "metadata": part(record, "metadata", {}),
            "reasons": reasons,
            "warnings": warnings,
            "attempts": [only(_ATTEMPT, one) for one in part(record, "attempts", [])],
            "images": images,
            **{name: part(record, name, {}) for name in ("models", "timings", "usage")},
            "reviews": [only(_REVIEW, one) for one in part(record, "reviews", [])],
            "appealable": self.reviews and _appealable(record),
            "links": links,
        }
        if "appeal" in record:
            view["appeal"] = only(_APPEAL, part(record, "appeal", {}))
        if "history" in record:
            view["history"] = [_past(run) for run in part(record, "history", [])]
        if _has_links(images):
            view["links_expire_at"] = self._expiry(now)
        return view

    def short(self, record: Item, request_id: str, now: datetime) -> dict[str, Any]:
        """A line of a list: at most three reasons, and a link to the first picture to be seen."""
        pictures = list(self._images(record, [], most_links=1))
        reasons = [only(_SHORT, one) for one in part(record, "reasons", [])]
        view: dict[str, Any] = {"request_id": request_id, "run": record["run"]}
        view |= only(_TEXTS, record)
        view |= {
            "images": sum(bool(one.get("delivered")) for one in part(record, "images", [])),
            "reasons": reasons[:_MOST_REASONS_IN_SHORT],
        }
        for picture in filter(_link, pictures):
            view |= {"preview": _link(picture), "links_expire_at": self._expiry(now)}
        return view

    def etag(self, record: Item, now: datetime) -> str:
        """Changes with the record, and early enough for its links: when half their time is over."""
        parts = [str(record[name]) for name in ("run", "status", "updated_at")]
        # What has no requester has not claimed its record yet, and shows less.
        parts += [str(record.get("requester")), VERSION, str(self.reviews)]
        if "images" in record:
            parts.append(str(int(now.timestamp()) // max(1, self.link_seconds // 2)))
        return weak_etag("/".join(parts))

    def _expiry(self, now: datetime) -> str:
        return utc_text(now + timedelta(seconds=self.link_seconds))

    def _images(
        self, record: Item, reasons: list[dict[str, Any]], most_links: int | None = None
    ) -> Iterator[dict[str, Any]]:
        linked = 0
        for image in part(record, "images", []):
            view = only(_PICTURE, image)
            if said := [one for one in reasons if one.get("image") == image["index"]]:
                view["reasons"] = said
            if linked != most_links and (link := self._link_of(image)):
                view |= link
                linked += 1
            yield view

    def _link_of(self, image: dict[str, Any]) -> dict[str, str]:
        if image.get("delivered") is True and image["verdict"] == "safe":
            kind, place = "url", ""
        elif image.get("preview_published") is True:
            kind, place = "preview_url", "preview_"
        else:
            return {}
        bucket, key, version_id = (
            image.get(f"{place}{name}", "") for name in ("bucket", "key", "version_id")
        )
        if bucket != self.images_bucket or not version_id:
            return {}
        # Most calls are answered without: every cold start would pay for the import.
        from shared.s3 import ObjectVersion

        version = ObjectVersion(bucket, key, version_id)
        return {kind: self.storage().link(version, self.link_seconds)}


def _name_behind(record: Item, requester: str) -> str:
    """For whom the requester said to ask."""
    whole, own = str(record.get("requester", "")), f"api:{requester}/"
    return whole.removeprefix(own) if whole.startswith(own) else ""


def _appealable(record: Item) -> bool:
    # Asked where there are reviews: elsewhere every cold start would pay for the import.
    from shared.appeals import objection

    return objection(record) is None


def _past(run: dict[str, Any]) -> dict[str, Any]:
    said = {name: [public(one) for one in run.get(name, ())] for name in ("reasons", "warnings")}
    said["reviews"] = [only(_REVIEW, one) for one in run.get("reviews", ())]
    return only(_PAST, run) | said


def _link(picture: dict[str, Any]) -> str:
    return str(picture.get("url") or picture.get("preview_url") or "")


def _has_links(images: list[dict[str, Any]]) -> bool:
    return any(_link(image) for image in images)
