"""Reviews on a stack, as reviewers, and whoever waits for them, see them."""

import functools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workflow.running_jobs import until
from workflow.running_system import Stack

from local.deployed_stack import parsed
from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from local.result_events import IN_REVIEW, ResultEvents
from shared.bundle import digest
from shared.policy import ACTIVE_KEY
from shared.reviews import review_id

Json = dict[str, Any]
LONG_AGO = "2026-01-01T00:00:00.000Z"
# Longer than any test takes: who tests what comes after moves a row's times themselves.
SETTINGS = {
    "Reviews": "true",
    "ReviewSeconds": "120",
    "ReviewClaimSeconds": "120",
    "PolicySource": "bucket",
    "PolicyRefreshSeconds": "0",
}
# Between the shipped policy's two thresholds.
IN_THE_BAND = {"score": 0.6}
# What `publish` has reviewed.
UNCERTAIN = {"label": "Smoking"}
REASON = "seen, and thought about"
ANA, BEN = "ana", "ben"


@functools.cache
def shipped() -> bytes:
    return make_bundle(read_policy())


def publish(stack: Stack, **images: Any) -> None:
    """The shipped policy, except that smoking in a picture is for people to judge; `images` says
    what else differs about pictures."""
    bundle = json.loads(shipped())
    bundle["parts"]["images"]["labels"]["Smoking"]["action"] = "review"
    bundle["parts"]["images"] |= images
    content = json.dumps(bundle | {"digest": digest(bundle)}).encode()
    bucket = stack.outputs["PolicyBucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=ACTIVE_KEY, Body=content)


class Desk:
    """The review desk of a stack whose API lets everybody in who names themself; or, with `keys`,
    who shows the key of that name."""

    def __init__(self, stack: Stack, keys: dict[str, dict[str, str]] | None = None) -> None:
        self.stack, self._keys = stack, keys
        self._events = ResultEvents(stack.deployed, also_waiting=True)
        self._seen: list[Json] = []

    def ask(self, method: str, path: str, who: str, body: object = None) -> tuple[int, Any]:
        """Status and body of the answer to a reviewer's call."""
        headers = {"Safelight-Reviewer": who} if self._keys is None else self._keys[who]
        status, _, answer = self.stack.ask(method, path, body, **headers)
        return status, answer

    def claim(self, identity: str, who: str = ANA) -> tuple[int, Any]:
        return self.ask("POST", f"/reviews/{identity}/claim", who)

    def decide(self, identity: str, decision: str, who: str = ANA, **more: Any) -> tuple[int, Any]:
        """With a claim that the reviewer has, or without."""
        body = {"decision": decision, "reason": REASON, **more}
        return self.ask("POST", f"/reviews/{identity}/decision", who, body)

    def end(self, identity: str, decision: str, who: str = ANA, **more: Any) -> None:
        """Claims a review and decides it; the Task hears of it at once."""
        status, claimed = self.claim(identity, who)
        assert status == 200, claimed
        status, decided = self.decide(identity, decision, who, **more)
        assert (status, decided.get("heard")) == (200, True), decided

    def race(self, *calls: Any) -> list[tuple[int, Any]]:
        """The answers to calls that are made at the same time."""
        with ThreadPoolExecutor(len(calls)) as pool:
            return [reply.result() for reply in [pool.submit(call) for call in calls]]

    def opened(self, arn: str, n: int = 1) -> Json:
        """The n-th review that an execution asks for, once its record waits for people."""

        def waiting() -> Json | None:
            record = self.stack.record_of(arn)
            if record.get("status") != "IN_REVIEW":
                return None
            found = self.row(review_id(record["request_id"], record["run"], n))
            return found if found.get("status") == "OPEN" else None

        return dict(until(waiting))

    def row(self, identity: str) -> Json:
        """A review as it is now, its documents parsed; or nothing."""
        found = self.stack.client("dynamodb").get_item(
            TableName=self.stack.outputs["ReviewsTable"], Key={"review_id": {"S": identity}}
        )
        return parsed(found["Item"]) if "Item" in found else {}

    def rows(self) -> list[Json]:
        """All reviews, their documents parsed."""
        pages = self.stack.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.stack.outputs["ReviewsTable"])
        return [parsed(item) for page in found for item in page["Items"]]

    def move(self, identity: str, **times: str) -> None:
        """Gives a review other times: nobody wants to wait for them."""
        self.stack.client("dynamodb").update_item(
            TableName=self.stack.outputs["ReviewsTable"],
            Key={"review_id": {"S": identity}},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in times),
            ExpressionAttributeValues={f":{name}": {"S": time} for name, time in times.items()},
        )

    def sweep(self) -> Json:
        """What a sweep has done."""
        reply = self.stack.client("lambda").invoke(
            FunctionName=self.stack.function("SweepRequests"), Payload=b"{}"
        )
        assert "FunctionError" not in reply
        return dict(json.loads(reply["Payload"].read())["done"])

    def told(self, identity: str) -> list[Json]:
        """The details of ImageInReview that came of a review: at least one."""

        def came() -> list[Json]:
            while received := self._events.receive():
                self._seen += [e["detail"] for e in received if e["detail-type"] == IN_REVIEW]
            return [one for one in self._seen if one["review_id"] == identity]

        return list(until(came))
