"""Which policy a new request is judged by: decided here, once, for the whole of its run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiled import POLICY_HASH
from shared.bundle import read_bundle
from shared.errors import PolicyUnavailable, TransientError
from shared.log import tell
from shared.policy import ACTIVE_KEY, MAX_BUNDLE_BYTES, SHADOW_KEY, Pin, Pins
from shared.s3 import ObjectMissing, ObjectTooLarge, Storage
from shared.settings import Environment

if TYPE_CHECKING:
    from shared.metrics import Metrics

# How far back the last sound version is looked for.
_MAX_VERSIONS = 20


class Published:
    """One policy in the policy bucket. A broken version never replaces a sound one."""

    def __init__(
        self,
        storage: Storage,
        metrics: "Metrics",
        bucket: str,
        key: str,
        refresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage, self._metrics = storage, metrics
        self._bucket, self._key = bucket, key
        self._refresh_seconds, self._clock = refresh_seconds, clock
        self._sound: Pin | None = None
        self._etag = self._problem = ""
        self._next_look = float("-inf")

    def pin(self) -> Pin:
        """The newest sound version, looked up again when `refresh_seconds` are over.

        Raises PolicyUnavailable if there is none. Tells each time that the newest version is not
        sound: an alarm counts that.
        """
        if self._sound is None or self._clock() >= self._next_look:
            self._look()
            if self._problem:
                tell("policy_unusable", key=self._key, problem=self._problem)
                self._metrics.count("UnusablePolicy")
            self._sound = self._sound or self._last_sound()
            self._next_look = self._clock() + self._refresh_seconds
        return self._sound

    def _look(self) -> None:
        try:
            newest = self._storage.read_newest(
                self._bucket, self._key, self._etag, MAX_BUNDLE_BYTES
            )
            if newest is None:
                return
            content, version = newest
            # Noted before it is checked: what is broken stays broken, and need not come again.
            self._etag = version.etag
            # What a bucket without versions holds may change, and cannot be pinned.
            if version.version_id in ("", "null"):
                raise PolicyUnavailable("the policy bucket keeps no versions")
            self._sound = {"hash": read_bundle(content)["hash"], "version_id": version.version_id}
            self._problem = ""
        except PolicyUnavailable as broken:
            self._problem = str(broken)
        except (ObjectMissing, ObjectTooLarge) as unreadable:
            self._etag, self._problem = "", type(unreadable).__name__
        except Exception as unanswered:
            # S3 says nothing of the policy: what is known holds until it answers again.
            if self._sound is None:
                raise
            # It will soon, or it refuses us, and somebody must be told.
            if not isinstance(unanswered, TransientError):
                self._etag, self._problem = "", type(unanswered).__name__

    def _last_sound(self) -> Pin:
        for version in self._storage.versions(self._bucket, self._key, _MAX_VERSIONS):
            try:
                bundle = read_bundle(self._storage.read(version, MAX_BUNDLE_BYTES))
            except (PolicyUnavailable, ObjectMissing, ObjectTooLarge):
                continue
            return {"hash": bundle["hash"], "version_id": version.version_id}
        raise PolicyUnavailable(f"no version of {self._key} in the policy bucket is sound")


@dataclass(frozen=True)
class PolicySettings:
    """Which policies of the bucket are read: the one that judges, a second one on trial.

    `bucket` is empty where none is, and the shipped policy judges alone.
    """

    active: bool
    shadow: bool
    bucket: str
    refresh_seconds: int
    metrics_namespace: str

    @classmethod
    def from_env(cls, env: Environment, shadow: bool = False) -> "PolicySettings":
        """Raises SettingsError."""
        active = env.choice("POLICY_SOURCE", "shipped", "bucket") == "bucket"
        return cls(
            active=active,
            shadow=shadow,
            bucket=env.text("POLICY_BUCKET") if active or shadow else "",
            refresh_seconds=env.number("POLICY_REFRESH_SECONDS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )

    def published(self, storage: Storage, key: str) -> Published:
        """The policy that is published under a key."""
        # A stack that publishes none needs it not: every cold start would pay for the import.
        from shared.metrics import Metrics

        metrics = Metrics(self.metrics_namespace)
        return Published(storage, metrics, self.bucket, key, self.refresh_seconds)


@dataclass(frozen=True)
class Pinning:
    """The published policies of the stack; without an active one, the shipped policy judges."""

    active: Published | None
    shadow: Published | None

    @classmethod
    def of(cls, settings: PolicySettings, storage: Callable[[], Storage]) -> "Pinning":
        """The stack's own; S3 is only asked for where something is published."""
        return cls(
            active=settings.published(storage(), ACTIVE_KEY) if settings.active else None,
            shadow=settings.published(storage(), SHADOW_KEY) if settings.shadow else None,
        )

    def pins(self) -> tuple[Pins, str]:
        """What a new request is pinned to, and the error's name if there is no shadow to pin to.

        Raises PolicyUnavailable if nothing sound can judge.
        """
        shipped = {"hash": POLICY_HASH, "version_id": ""}
        pins = {"active": self.active.pin() if self.active else shipped}
        if self.shadow is None:
            return pins, ""
        try:
            return {**pins, "shadow": self.shadow.pin()}, ""
        except Exception as error:  # noqa: BLE001 - the request must not fail with its shadow
            return pins, type(error).__name__
