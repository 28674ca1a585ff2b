"""Chosen requests that wait for people, all at the same time on one stack."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from faults.campaign import Campaign
from faults.case import Case, Json, bound
from faults.scene import PATIENCE, Scene
from workflow.running_reviews import ANA, IN_THE_BAND, LONG_AGO, Desk

from shared.inferences import inference_id
from shared.request_ids import request_id_for
from shared.reviews import review_id

# Whose calls name the review, and not the request.
_BY_REVIEW = ("DecideReviewFunction", "SweepRequestsFunction")


@dataclass(frozen=True)
class ReviewCase(Case):
    """A request that is for people to judge, by its prompt unless its steps say otherwise; or one
    that was blocked and is appealed against (`appeal`)."""

    comprehend: tuple[Any, ...] = (IN_THE_BAND,)
    appeal: bool = False

    @property
    def run_name(self) -> str:
        return request_id_for("local", self.tag) if self.appeal else super().run_name

    @property
    def prompt(self) -> str:
        return f"a nude statue {self.tag}" if self.appeal else super().prompt

    @property
    def request_id(self) -> str:
        """The record's."""
        return self.run_name if self.appeal else f"execution-{self.run_name}"

    @property
    def in_question(self) -> str:
        """What no other execution than that of the reviewed run has in its name."""
        return f"{self.run_name}-appeal" if self.appeal else self.tag

    def review(self, n: int = 1) -> str:
        """The id of the n-th review."""
        return review_id(self.request_id, 2 if self.appeal else 1, n)

    def inference(self, n: int = 1, attempt: int = 1) -> str:
        return inference_id(self.request_id, 2 if self.appeal else 1, attempt, n)

    def bound_rules(self) -> Iterator[Json]:
        for number, unbound in enumerate(self.rules):
            text = self.review() if unbound.get("caller") in _BY_REVIEW else self.run_name
            yield bound({**unbound, "id": self.rule_id(number)}, text)


class ReviewScene(Scene):
    """A case's execution, its review, and the people before it."""

    def __init__(self, desk: Desk, case: ReviewCase) -> None:
        super().__init__(desk.stack, case)
        self.desk, self.review = desk, case.review()
        self._case, self.request_id = case, case.request_id
        if case.appeal:
            self.arn += "-appeal"

    def row(self) -> Json:
        """The review as it is now, or nothing."""
        return self.desk.row(self.review)

    def record(self) -> Json:
        """The request's record as it is now, or nothing."""
        return self.stack.deployed.record(self.request_id) or {}

    def await_review(self) -> bool:
        """Wait until it lies in the queue, maybe before its Task waits; False if it never will."""
        self.until(lambda: self.row() or not self._runs(), "a review", pause=0.2)
        return bool(self.row())

    def await_people(self) -> None:
        """Wait until the Task waits for the review."""
        self.until(lambda: self._asks() and self.row(), "waiting for people", pause=0.2)

    def claim(self, who: str = ANA) -> tuple[int, Any]:
        """The API's answer; a reviewer tries again while there is none."""
        return self._insist(lambda: self.desk.claim(self.review, who))

    def decide(self, decision: str, who: str = ANA, **more: Any) -> tuple[int, Any]:
        """The same of a decision by whoever has the claim."""
        return self._insist(lambda: self.desk.decide(self.review, decision, who, **more))

    def expire(self) -> None:
        """Its time is over, and the sweeper comes."""
        self.desk.move(self.review, answer_by=LONG_AGO)
        self.sweep()

    def sweep_until_told(self) -> None:
        """Until nobody is owed anything of the review."""

        while self.row()["queue"] != "decided":
            self.sweep()
            time.sleep(0.5)

    def turn_to(self, n: int) -> None:
        """From here on it is about the n-th review."""
        self.review = self._case.review(n)

    def appeal(self, message: str) -> tuple[int, Any]:
        """The same of a requester's appeal."""
        path = f"/images/{self.request_id}/appeal"
        return self._insist(lambda: self.desk.ask("POST", path, ANA, {"message": message}))

    def _asks(self) -> bool:
        """Whether the last thing that the execution has done is to call for people."""
        history = self.history()
        entered = [event for event in history if "stateEnteredEventDetails" in event]
        names = [event["stateEnteredEventDetails"]["name"] for event in entered[-1:]]
        return (history[-1]["type"], names) == ("TaskSubmitted", ["ReviewRequest"])

    def _runs(self) -> bool:
        told = self.client("stepfunctions").describe_execution(executionArn=self.arn)
        return bool(told["status"] == "RUNNING")

    def _insist(self, call: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, answer = call()
            if status < 500:
                return status, answer
            time.sleep(0.5)
        raise AssertionError(f"{self.case.name}: the API never answers")


class ReviewCampaign(Campaign):
    """The cases on a stack."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.desk = Desk(self.stack)

    def _warm_up(self) -> None:
        super()._warm_up()
        case = ReviewCase("warm-up", ("COMPLETED",))
        self._tell(case)
        self.stack.start({"prompt": case.prompt}, case.run_name)
        scene = ReviewScene(self.desk, case)
        assert scene.await_review()
        self.desk.end(scene.review, "approve")
        scene.await_end()

    def _perform(self, case: Case) -> None:
        assert isinstance(case, ReviewCase)
        scene = ReviewScene(self.desk, case)
        request: Json = {"prompt": case.prompt, "width": 256, "height": 256, **case.request}
        if case.appeal:
            caller = {"requester": "local", "request_id": case.request_id}
            self.stack.start({"api": caller, "request": request}, case.run_name)
            scene.until(lambda: "announced_at" in scene.record(), "its first end")
        else:
            self.stack.start(request, case.run_name)
        if case.act:
            case.act(scene)
        scene.await_end()
