"""How one image of a data set is judged, and what then becomes of it.

A verdict is kept in the work bucket under the image's key, etag and policy, before anything is done
about it. A retry, or the next run, finds it there: it asks Rekognition about nothing twice, and it
knows that an image that is gone was moved by an earlier try, not deleted by somebody.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moderate_dataset_images.examination import Examined, Unreadable, examine
from moderate_dataset_images.verdict import untagged, unusable, verdict_of
from shared.moderation.verdict import Reasons, lowest_threshold, needs_moderation
from shared.rekognition import Moderation, Moderator, PictureRefused
from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage

TAG = "safelight-verdict"
_CHANGED = ("changed", "it was changed or deleted after it had been listed")
_REFUSED = ("refused_as_it_is", "Rekognition does not read the file: a copy was judged")
# Of what is kept: with another, verdicts that an earlier release has kept are not read.
_FORMAT = 1
_MOST_KEPT = 256 * 1024

Item = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """Who judges, by what. `read_writing` says what speaks against the text in an image."""

    storage: Storage
    moderator: Moderator
    policy: dict[str, Any]
    policy_hash: str
    read_writing: Callable[[ObjectVersion], Reasons] | None

    def name(self) -> str:
        """Panels of one name come to the same verdicts, and write them alike."""
        return f"{_FORMAT} {self.policy_hash}{' and text' if self.read_writing else ''}"


class Judge:
    """Judges the images of one job's run; several threads may share it."""

    def __init__(self, panel: Panel, job: dict[str, Any]) -> None:
        self._panel, self._job = panel, job
        self._storage = panel.storage
        # An image may take most of the memory while it is decoded.
        self._decoding = threading.Lock()

    def judge(self, item: Item) -> Row:
        """The row of one item, whatever is wrong with it.

        Raises only what would fail for any other image, too: TransientError, UnusableVerdict.
        """
        row = {name: item[name] for name in ("index", "key", "etag", "role")}
        problem = item.get("problem")
        if problem:
            return row | unusable(problem["rule"], problem["message"])
        try:
            kept, still_there = self._verdict(item)
            verdict: dict[str, Any] = kept["verdict"]
            done = self._act(item, kept["version_id"], verdict, still_there)
        except ObjectMissing:
            return row | unusable(*_CHANGED)
        row |= verdict | {"version_id": kept["version_id"], "run": kept["run"]} | done
        return row | {"warnings": verdict["warnings"] + done.get("warnings", [])}

    def _verdict(self, item: Item) -> tuple[dict[str, Any], bool]:
        """({version_id, run, verdict}, whether that version still lies there).

        Raises ObjectMissing if it does not, and nothing says that we have moved it.
        """
        kept = self._kept(item)
        if kept is None:
            return self._judged(item), True
        try:
            newest = self._storage.newest(self._job["datasets"], item["key"])
        except ObjectMissing:
            newest = None
        if newest and newest.version_id == kept["version_id"]:
            return kept, True
        if newest and newest.etag.strip('"') == item["etag"]:
            # The same etag again, perhaps even for other bytes: MD5 sums can be made to meet.
            return self._judged(item), True
        if kept["verdict"]["verdict"] == "clean":
            raise ObjectMissing(item["key"])
        return kept, False

    def _kept(self, item: Item) -> dict[str, Any] | None:
        place = ObjectVersion(self._job["bucket"], self._place("kept", item, "json"))
        try:
            content = self._storage.read(place, _MOST_KEPT)
        except ObjectMissing:
            return None
        kept: dict[str, Any] = json.loads(content)
        return kept

    def _judged(self, item: Item) -> dict[str, Any]:
        """A new verdict, kept before anything is done about it. Raises ObjectMissing."""
        version, found = self._examined(item)
        verdict = self._seen(item, version, found) if isinstance(found, Examined) else found
        return self._keep(item, version, verdict)

    def _examined(self, item: Item) -> tuple[ObjectVersion, Examined | dict[str, Any]]:
        """What is known of the bytes that were listed, or their verdict. Raises ObjectMissing.

        They are let go before a judge is asked: others are being read then.
        """
        with self._decoding:
            content, version = self._read(item)
            try:
                return version, examine(content)
            except Unreadable as found:
                return version, unusable(found.rule, found.message)

    def _read(self, item: Item) -> tuple[bytes, ObjectVersion]:
        """The bytes that were listed. Raises ObjectMissing if others lie there."""
        try:
            found = self._storage.read_newest(
                self._job["datasets"], item["key"], "", int(item["size"])
            )
        except ObjectTooLarge:
            found = None
        if found is None or found[1].etag.strip('"') != item["etag"]:
            raise ObjectMissing(item["key"])
        return found

    def _seen(self, item: Item, version: ObjectVersion, examined: Examined) -> dict[str, Any]:
        """The verdict on what a judge can see of the image."""
        policy = self._panel.policy
        shown = self._copied(item, examined) if examined.copy else version
        moderation: Moderation | None = None
        if needs_moderation({"index": 0, "phash": examined.phash}, policy):
            try:
                moderation = self._moderated(shown)
            except PictureRefused:
                if examined.copy:
                    return unusable("refused", "Rekognition reads neither the file nor a copy")
                examined = self._converted(item, version)
                shown = self._copied(item, examined)
                moderation = self._moderated(shown)
        verdict = verdict_of(examined, moderation, policy, [])
        if verdict["verdict"] == "clean" and self._panel.read_writing:
            # Text in an image that is refused anyway need not be paid for.
            writing = self._panel.read_writing(shown)
            verdict = verdict_of(examined, moderation, policy, writing)
        return verdict

    def _converted(self, item: Item, version: ObjectVersion) -> Examined:
        """Examined again, with a copy."""
        with self._decoding:
            content = self._storage.read(version, int(item["size"]))
            examined = examine(content, wants_copy=True)
        return Examined(**{**vars(examined), "changes": [*examined.changes, _REFUSED]})

    def _moderated(self, shown: ObjectVersion) -> Moderation:
        least = max(0.0, lowest_threshold(self._panel.policy))
        return self._panel.moderator.moderate(shown, least)

    def _copied(self, item: Item, examined: Examined) -> ObjectVersion:
        key = self._place("kept", item, "jpg")
        return self._storage.write(self._job["bucket"], key, examined.copy, "image/jpeg")

    def _keep(self, item: Item, version: ObjectVersion, verdict: dict[str, Any]) -> dict[str, Any]:
        kept = {"version_id": version.version_id, "run": self._job["run"], "verdict": verdict}
        content = json.dumps(kept).encode()
        key = self._place("kept", item, "json")
        self._storage.write(self._job["bucket"], key, content, "application/json")
        return kept

    def _act(
        self, item: Item, version_id: str, verdict: dict[str, Any], still_there: bool
    ) -> dict[str, Any]:
        """Copies, moves or tags the image, as the job says. Raises ObjectMissing."""
        job, etag = self._job, f'"{item["etag"]}"'
        version = ObjectVersion(job["datasets"], item["key"], version_id, etag)
        name = item["key"].removeprefix(job["prefix"])
        clean = verdict["verdict"] == "clean"
        told: dict[str, Any] = {}
        if clean and job["clean"]:
            self._storage.copy(version, job["datasets"], job["clean"] + name)
        if job["flagged"] == "tag" and not self._storage.tag(version, TAG, verdict["verdict"]):
            told["warnings"] = [untagged()]
        if job["flagged"] == "quarantine" and not clean:
            told["moved_to"] = job["quarantine"] + name
            self._storage.copy(version, job["datasets"], told["moved_to"])
            if still_there:
                self._storage.hide(version)
        return told

    def _place(self, folder: str, item: Item, suffix: str) -> str:
        which = "\n".join((item["key"], item["etag"], self._panel.name()))
        return f"{self._job[folder]}{hashlib.sha256(which.encode()).hexdigest()}.{suffix}"
