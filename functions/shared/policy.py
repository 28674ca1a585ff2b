"""The policy's compiled parts: those that shipped with the functions, or a published bundle's.

A bundle is one JSON document in the policy bucket, as `safelight policy publish` makes it.
AcceptRequest alone decides which version of it judges a request; that pin travels with the request,
and every function loads that very object version, so that no run is judged by two policies.
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shared.errors import PolicyUnavailable
from shared.log import tell

if TYPE_CHECKING:
    from shared.s3 import Storage

# Of what a bundle holds. Another format lies under other keys, so that it can be published before
# the functions that read it are deployed.
FORMAT = 1
ACTIVE_KEY, SHADOW_KEY = f"v{FORMAT}/policy.json", f"v{FORMAT}/shadow.json"
MAX_BUNDLE_BYTES = 16 * 1024 * 1024
_COMPILED = Path(__file__).parents[1] / "compiled"
# Policies that a process keeps prepared: the one before a change, the one after, and the shadow's.
_KEPT = 4

Pin = dict[str, str]
"""{hash, version_id}; version_id is empty for the policy that shipped with the functions."""
Pins = dict[str, Pin]
"""{active, shadow}; shadow is there only if the stack evaluates a second policy."""
Part = TypeVar("Part")
Answer = TypeVar("Answer")


def policy_part(name: str) -> dict[str, Any]:
    """keywords, classifier, images or generation as they shipped with the functions."""
    part: dict[str, Any] = json.loads((_COMPILED / f"{name}.json").read_text("utf-8"))
    return part


class Policies(Generic[Part]):
    """One part of every policy that requests are pinned to, prepared once for each.

    Without a bucket there is only the shipped policy. It is prepared at once, because a function's
    start has more CPU than its calls.
    """

    def __init__(self, name: str, bucket: str, prepare: Callable[[dict[str, Any]], Part]) -> None:
        self._name, self._bucket, self._prepare = name, bucket, prepare
        self._prepared: dict[tuple[str, str], Part] = {}
        self._storage: Storage | None = None
        if not bucket:
            self.active(None)

    def active(self, pins: Pins | None) -> Part:
        """The part of the policy that judges. Raises PolicyUnavailable: then nothing is judged."""
        return self._part(ACTIVE_KEY, (pins or {}).get("active"))

    def each(self, pins: Pins | None, ask: Callable[[Part], Answer]) -> list[Answer]:
        """What the active part answers, and the shadow's if it can: to ask a service for both."""
        pin = (pins or {}).get("shadow")
        answers = [ask(self.active(pins))]
        if pin is not None:
            # What went wrong is told where the shadow's verdict is missing.
            with contextlib.suppress(Exception):
                answers.append(ask(self._part(SHADOW_KEY, pin)))
        return answers

    def shadowed(
        self,
        pins: Pins | None,
        stage: str,
        decision: dict[str, Any],
        judge: Callable[[Part], dict[str, Any]],
    ) -> dict[str, Any]:
        """The decision, with `shadow` beside it if the request has a shadow policy.

        shadow is a list of one {stage, verdict, reasons, differs}, or {stage, error}: what goes
        wrong with a policy on trial is recorded and never raised.
        """
        pin = (pins or {}).get("shadow")
        if pin is None:
            return decision
        try:
            other = judge(self._part(SHADOW_KEY, pin))
            told = {
                "verdict": other["verdict"],
                "reasons": other["reasons"],
                "differs": other["verdict"] != decision["verdict"],
            }
        except Exception as error:  # noqa: BLE001 - the request must not fail with its shadow
            told = {"error": type(error).__name__}
            tell("shadow_failed", stage=stage, error=type(error).__name__)
        return {**decision, "shadow": [{"stage": stage, **told}]}

    def _part(self, key: str, pin: Pin | None) -> Part:
        place = (key, pin["version_id"] if pin else "")
        # Taken out and put back: the dict's order is that of the last use.
        part = self._prepared.pop(place) if place in self._prepared else self._made(key, pin)
        self._prepared[place] = part
        if len(self._prepared) > _KEPT:
            del self._prepared[next(iter(self._prepared))]
        return part

    def _made(self, key: str, pin: Pin | None) -> Part:
        if pin is None or not pin["version_id"]:
            return self._prepare(policy_part(self._name))
        bundle = self._bundle(key, pin["version_id"])
        if bundle["hash"] != pin["hash"]:
            raise PolicyUnavailable("the bundle is not the one that the request is pinned to")
        return self._prepare(bundle["parts"][self._name])

    def _bundle(self, key: str, version_id: str) -> dict[str, Any]:
        # The SDK is the larger part of a cold start, and the shipped policy needs none.
        from shared.bundle import read_bundle
        from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage

        self._storage = self._storage or Storage()
        version = ObjectVersion(self._bucket, key, version_id)
        try:
            return read_bundle(self._storage.read(version, MAX_BUNDLE_BYTES))
        except (ObjectMissing, ObjectTooLarge):
            raise PolicyUnavailable("the pinned version of the policy is not there") from None
