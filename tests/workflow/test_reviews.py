"""What the policy is unsure of waits for people: their decisions, what nobody decides, appeals."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from handler import api_schemas
from workflow.conftest import PATIENCE, Safelight
from workflow.running_jobs import batch, jsonl, until
from workflow.running_reviews import (
    ANA,
    BEN,
    IN_THE_BAND,
    LONG_AGO,
    REASON,
    SETTINGS,
    UNCERTAIN,
    Desk,
    publish,
)
from workflow.running_system import Run, Stack

from local.ai.running import StandIns
from local.commands.failure import SUCCESS
from local.running import Engine

pytestmark = pytest.mark.engine
System = tuple[Engine, StandIns]
GATED = [
    *("AcceptRequest", "IsNew", "FilterKeywords", "IsPromptClean", "ClassifyPrompt"),
    *("IsPromptSafe", "ReviewRequest", "EndReview", "IsApproved"),
]
RECORDED = ["RecordOutcome", "AnnounceOutcome", "MarkAnnounced", "HowDidItEnd"]


@pytest.fixture(scope="module")
def reviewed(system: System) -> Iterator[Stack]:
    """People are asked; everybody who names themself is one of them."""
    settings = {"ApiAuth": "none", "MaxAttempts": "2", **SETTINGS, **PATIENCE}
    stack = Stack(*system, "reviewed", settings)
    publish(stack)
    yield stack
    stack.delete()


@pytest.fixture(scope="module")
def desk(reviewed: Stack) -> Desk:
    return Desk(reviewed)


@pytest.fixture(scope="module", autouse=True)
def forgotten(desk: Desk) -> str:
    """An execution that nobody ever answers: its Task's time-out takes 51 s here."""
    return uncertain(desk.stack, "a lighthouse that is forgotten")


def uncertain(stack: Stack, prompt: str, **steps: Any) -> str:
    """Starts an execution with a prompt in the band."""
    stack.script(prompt, comprehend=[IN_THE_BAND], **steps)
    return stack.start({"prompt": prompt})


def painted(stack: Stack, prompt: str, *pictures: object, name: str = "") -> str:
    """Starts an execution whose every attempt paints these pictures."""
    stack.script(prompt, comprehend=["safe"], generation=[{"pictures": list(pictures)}])
    return stack.start({"prompt": prompt, "num_images": len(pictures)}, name)


def conflict(reply: tuple[int, Any]) -> str:
    """The rule of a 409."""
    status, problem = reply
    assert (status, problem["code"]) == (409, "conflict"), problem
    api_schemas.check(problem, "api#problem")
    return str(problem["errors"][0]["rule"])


def forbidden(reply: tuple[int, Any]) -> str:
    """The rule of a 403, if it names one."""
    status, problem = reply
    assert (status, problem["code"]) == (403, "forbidden"), problem
    api_schemas.check(problem, "api#problem")
    return str(problem["errors"][0]["rule"]) if "errors" in problem else ""


def verdicts(run: Run) -> list[tuple[str, bool]]:
    """Of each picture, what was found of it, and whether it went out."""
    return [(image["verdict"], image["delivered"]) for image in run.record["images"]]


def test_a_prompt_in_the_band_waits_and_goes_on_once_approved(desk: Desk, check: Any) -> None:
    prompt = "a lighthouse that somebody approves"
    arn = uncertain(desk.stack, prompt)
    review = desk.opened(arn)

    record = desk.stack.record_of(arn)
    assert (record["status"], record["stage"]) == ("IN_REVIEW", "ReviewRequest")
    assert (review["about"], review["prompt"], review["queue"]) == ("prompt", prompt, "open")
    assert desk.stack.stand_ins.calls("InvokeEndpointAsync", prompt) == 0
    for detail in desk.told(review["review_id"]):
        api_schemas.check(detail, "review-event")
        assert (detail["request_id"], detail["run"], detail["n"]) == (record["request_id"], 1, 1)
        assert prompt not in json.dumps(detail)

    desk.end(review["review_id"], "approve")

    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    assert run.states[: len(GATED) + 1] == [*GATED, "GenerateImages"]
    (told,) = run.record["reviews"]
    assert (told["review_id"], told["about"]) == (review["review_id"], "prompt")
    assert (told["decision"], told["by"], told["reason"]) == ("approve", "local:ana", REASON)
    assert told["opened_at"] < told["at"]
    (warning,) = run.record["warnings"]
    assert (warning["rule"], warning["action"]) == ("uncertain", "review")
    assert REASON not in json.dumps(run.events)


def test_what_was_decided_leaves_neither_token_nor_prompt(desk: Desk) -> None:
    arn = uncertain(desk.stack, "a lighthouse that is seen once")
    review = desk.opened(arn)
    desk.end(review["review_id"], "reject")
    row = desk.row(review["review_id"])
    assert (row["status"], row["queue"], row["decided_by"]) == ("DECIDED", "decided", "local:ana")
    assert not row.keys() & {"prompt", "negative_prompt", "task_token"}
    desk.stack.wait_for_end(arn)


def test_a_rejected_prompt_is_blocked_and_nothing_is_painted(desk: Desk, check: Any) -> None:
    prompt = "a lighthouse that nobody wants"
    arn = uncertain(desk.stack, prompt)
    desk.end(desk.opened(arn)["review_id"], "reject")

    run = desk.stack.ended(arn)

    check(run, "BLOCKED_PROMPT")
    assert run.states == [*GATED, *RECORDED, "BlockedPrompt"]
    held, rejected = run.record["reasons"]
    assert (held["stage"], held["rule"], held["action"]) == (
        "ClassifyPrompt",
        "uncertain",
        "review",
    )
    assert (rejected["stage"], rejected["rule"]) == ("ReviewRequest", "rejected")
    assert run.record["stage"] == "ReviewRequest"
    assert desk.stack.stand_ins.calls("InvokeEndpointAsync", prompt) == 0


def test_what_nobody_decides_in_time_is_rejected(desk: Desk, check: Any) -> None:
    arn = uncertain(desk.stack, "a lighthouse that waits in vain")
    review = desk.opened(arn)
    assert desk.claim(review["review_id"])[0] == 200
    desk.move(review["review_id"], answer_by=LONG_AGO)
    assert conflict(desk.decide(review["review_id"], "approve")) == "expired"

    desk.sweep()

    run = desk.stack.ended(arn)
    check(run, "BLOCKED_PROMPT")
    assert run.record["reasons"][-1]["rule"] == "expired"
    assert run.record["reviews"][0]["decision"] == "expire"
    assert desk.row(review["review_id"])["status"] == "EXPIRED"
    assert conflict(desk.decide(review["review_id"], "approve")) == "expired"


def test_pictures_wait_and_go_out_once_approved(desk: Desk, check: Any) -> None:
    arn = painted(desk.stack, "a harbour tavern", UNCERTAIN)
    review = desk.opened(arn)
    assert [image["verdict"] for image in review["images"]] == ["review"]
    assert desk.stack.record_of(arn)["status"] == "IN_REVIEW"
    assert review["images"][0]["bucket"] == desk.stack.outputs["WorkBucket"]

    desk.end(review["review_id"], "approve")

    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    assert verdicts(run) == [("safe", True)]
    assert run.record["reviews"][0]["approved"] == [0]
    (warning,) = run.record["warnings"]
    assert (warning["label"], warning["action"]) == ("Smoking", "review")


def test_only_what_is_approved_goes_out(desk: Desk, check: Any) -> None:
    arn = painted(desk.stack, "a harbour tavern at noon", UNCERTAIN, UNCERTAIN)
    desk.end(desk.opened(arn)["review_id"], "approve", images=[1])
    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    assert verdicts(run) == [("unsafe", False), ("safe", True)]
    assert run.record["images"][0]["preview_published"]
    assert [one["action"] for one in run.record["warnings"]] == ["block", "review"]


def test_rejected_pictures_are_blocked(desk: Desk, check: Any) -> None:
    arn = painted(desk.stack, "a harbour tavern at dusk", UNCERTAIN)
    desk.end(desk.opened(arn)["review_id"], "reject")
    run = desk.stack.ended(arn)
    check(run, "BLOCKED_IMAGE")
    assert verdicts(run) == [("unsafe", False)]
    assert [one["rule"] for one in run.record["reasons"]] == ["Drugs & Tobacco", "rejected"]
    assert run.record["images"][0]["preview_published"]
    assert desk.stack.delivered(run) == [run.record["images"][0]["preview_key"]] * 0


def test_pictures_painted_anew_are_reviewed_anew(desk: Desk, check: Any) -> None:
    arn = painted(desk.stack, "a harbour tavern at dawn", UNCERTAIN)
    first = desk.opened(arn)
    desk.end(first["review_id"], "regenerate")
    second = desk.opened(arn, n=2)
    assert conflict(desk.decide(first["review_id"], "approve")) == "decided"
    assert desk.claim(second["review_id"])[0] == 200
    assert conflict(desk.decide(second["review_id"], "regenerate")) == "regenerable"
    desk.end(second["review_id"], "approve")

    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    assert [told["decision"] for told in run.record["reviews"]] == ["regenerate", "approve"]
    assert len({told["review_id"] for told in run.record["reviews"]}) == 2
    once, again = run.record["attempts"]
    assert once["negative_prompt_added"] == []
    assert "cigarette" in again["negative_prompt_added"]
    assert once["seed"] != again["seed"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_safe_pictures_go_out_whatever_is_decided_of_those_beside(
    desk: Desk, check: Any, decision: str
) -> None:
    arn = painted(desk.stack, f"a tavern to {decision}", "safe", UNCERTAIN)
    desk.end(desk.opened(arn)["review_id"], decision)
    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    second = ("safe", True) if decision == "approve" else ("unsafe", False)
    assert verdicts(run) == [("safe", True), second]


@pytest.fixture
def all_or_none(desk: Desk) -> Iterator[None]:
    publish(desk.stack, deliver="all_or_none")
    yield
    publish(desk.stack)


@pytest.mark.usefixtures("all_or_none")
@pytest.mark.parametrize(
    ("pictures", "approved", "status", "found"),
    [
        (["safe", UNCERTAIN, UNCERTAIN], [1, 2], "COMPLETED", ["safe", "safe", "safe"]),
        (["safe", UNCERTAIN, UNCERTAIN], [2], "BLOCKED_IMAGE", ["withheld", "unsafe", "unsafe"]),
        ([UNCERTAIN, UNCERTAIN], [0], "BLOCKED_IMAGE", ["unsafe", "unsafe"]),
    ],
)
def test_all_or_none(
    desk: Desk, check: Any, pictures: list[object], approved: list[int], status: str,
    found: list[str],
) -> None:  # fmt: skip
    prompt = f"taverns {approved} of {len(pictures)}"
    arn = painted(desk.stack, prompt, *pictures)
    desk.end(desk.opened(arn)["review_id"], "approve", images=approved)
    run = desk.stack.ended(arn)
    check(run, status)
    assert verdicts(run) == [(verdict, status == "COMPLETED") for verdict in found]


def test_people_may_judge_what_an_unknown_moderator_says(desk: Desk, check: Any) -> None:
    publish(desk.stack, unknown_model_version="review")
    name = "new-moderator"
    desk.stack.script_moderation(name, {"model_version": "8.0", "labels": []})
    arn = painted(desk.stack, "a wall to look at", "safe", name=name)
    review = desk.opened(arn)
    publish(desk.stack)
    assert [one["rule"] for one in review["reasons"]] == ["unknown_model_version"]
    desk.end(review["review_id"], "approve")
    check(desk.stack.ended(arn), "COMPLETED")


def test_a_batch_waits_for_nobody(desk: Desk) -> None:
    prompt = "a lighthouse in a row"
    desk.stack.script(prompt, comprehend=[IN_THE_BAND], generation=[UNCERTAIN])
    ended = batch(desk.stack, "batches/unsure.jsonl", jsonl(prompt))
    assert ended.output["report"]["counts"] == {"BLOCKED_IMAGE": 1}
    records = desk.stack.client("dynamodb").scan(TableName=desk.stack.outputs["ResultsTable"])
    asked = {row["request_id"] for row in desk.rows()}
    of_batches = [one for one in records["Items"] if '"batch"' in one["source"]["S"]]
    assert [one["request_id"]["S"] in asked for one in of_batches] == [False]


def test_without_reviews_nobody_is_asked(stack: Stack, check: Any) -> None:
    prompt = "a lighthouse that warns"
    run = stack.ended(uncertain(stack, prompt))
    check(run, "COMPLETED")
    assert [one["rule"] for one in run.record["warnings"]] == ["uncertain"]
    assert "ReviewRequest" not in run.states
    routes = [("GET", "/reviews"), ("POST", "/reviews/one/claim"), ("POST", "/images/one/appeal")]
    for method, path in routes:
        status, _, problem = stack.ask(method, path, {}, **{"Safelight-Reviewer": ANA})
        assert (status, problem["code"]) == (404, "not_found")


def test_two_reviewers_at_once(desk: Desk, check: Any) -> None:
    arn = uncertain(desk.stack, "a lighthouse for two")
    review_id = desk.opened(arn)["review_id"]
    replies = desk.race(*(lambda who=who: desk.claim(review_id, who) for who in (ANA, BEN)))
    assert sorted(status for status, _ in replies) == [200, 409]
    (refused,) = [reply for reply in replies if reply[0] == 409]
    assert conflict(refused) == "claimed"
    first, second = (ANA, BEN) if replies[0][0] == 200 else (BEN, ANA)

    assert conflict(desk.decide(review_id, "approve", second)) in ("claimed", "unclaimed")
    assert desk.ask("DELETE", f"/reviews/{review_id}/claim", first)[0] == 204
    assert conflict(desk.decide(review_id, "reject", first)) == "unclaimed"
    assert desk.claim(review_id, second)[0] == 200
    assert desk.decide(review_id, "approve", second)[0] == 200

    run = desk.stack.ended(arn)
    check(run, "COMPLETED")
    assert [told["by"] for told in run.record["reviews"]] == [f"local:{second}"]


def test_of_two_decisions_at_once_one_stands(desk: Desk, check: Any) -> None:
    arn = uncertain(desk.stack, "a lighthouse in two minds")
    review_id = desk.opened(arn)["review_id"]
    assert desk.claim(review_id)[0] == 200
    decisions = ("approve", "reject")
    replies = desk.race(*(lambda one=one: desk.decide(review_id, one) for one in decisions))
    assert sorted(status for status, _ in replies) == [200, 409]
    stands = decisions[0 if replies[0][0] == 200 else 1]
    status, again = desk.decide(review_id, stands)
    assert (status, again["decision"]) == (200, stands)
    run = desk.stack.ended(arn)
    check(run, {"approve": "COMPLETED", "reject": "BLOCKED_PROMPT"}[stands])
    assert [told["decision"] for told in run.record["reviews"]] == [stands]


def test_a_claim_runs_out(desk: Desk) -> None:
    arn = uncertain(desk.stack, "a lighthouse that is kept waiting")
    review = desk.opened(arn)
    review_id = review["review_id"]
    assert desk.claim(review_id, ANA)[0] == 200
    desk.move(review["review_id"], claim_until=LONG_AGO)
    assert conflict(desk.decide(review_id, "approve", ANA)) == "claim_expired"
    assert desk.claim(review_id, BEN)[0] == 200
    assert conflict(desk.decide(review_id, "approve", ANA)) == "claimed"
    assert desk.decide(review_id, "reject", BEN)[0] == 200
    assert desk.stack.ended(arn).record["reviews"][0]["by"] == "local:ben"


def test_the_queue_is_listed_oldest_first(desk: Desk) -> None:
    arns = [uncertain(desk.stack, f"a lighthouse in a queue, {number}") for number in (1, 2)]
    reviews = sorted((desk.opened(arn) for arn in arns), key=lambda one: one["opened_at"])
    status, page = desk.ask("GET", "/reviews?limit=50", ANA)
    assert status == 200, page
    listed = [one["review_id"] for one in page["reviews"]]
    mine = [one["review_id"] for one in reviews]
    assert [one for one in listed if one in mine] == mine
    status, shown = desk.ask("GET", f"/reviews/{mine[0]}", ANA)
    assert status == 200, shown
    api_schemas.check(shown, "review-view")
    assert shown["prompt"] == reviews[0]["prompt"]
    assert "token" not in json.dumps(shown).lower()
    assert desk.stack.ask("GET", "/reviews")[0] == 403
    for review in reviews:
        desk.end(review["review_id"], "reject")
    _, page = desk.ask("GET", "/reviews?queue=decided&limit=50", ANA)
    assert [one["review_id"] for one in page["reviews"]][:2] == mine[::-1]


def assert_nobody_hears(desk: Desk, review_id: str, arn: str) -> None:
    """A decision after its execution's end changes nothing, and the review says so."""
    before = until(lambda: announced(desk.stack, arn))
    assert conflict(desk.decide(review_id, "approve")) == "over"
    row = desk.row(review_id)
    assert (row["status"], row["queue"]) == ("OVER", "decided")
    assert not row.keys() & {"task_token", "prompt"}
    assert conflict(desk.decide(review_id, "approve")) == "over"
    desk.sweep()
    assert desk.stack.record_of(arn) == before


def announced(stack: Stack, arn: str) -> dict[str, Any] | None:
    record = stack.record_of(arn)
    return record if "announced_at" in record else None


@pytest.mark.parametrize("about", ["prompt", "images"])
def test_a_decision_on_what_was_stopped_is_not_heard(desk: Desk, check: Any, about: str) -> None:
    prompt = f"a lighthouse that is torn down, {about}"
    arn = (
        uncertain(desk.stack, prompt)
        if about == "prompt"
        else painted(desk.stack, prompt, UNCERTAIN)
    )
    review_id = desk.opened(arn)["review_id"]
    assert desk.claim(review_id)[0] == 200
    desk.stack.client("stepfunctions").stop_execution(executionArn=arn)

    assert_nobody_hears(desk, review_id, arn)

    run = desk.stack.ended(arn)
    check(run, "FAILED")
    assert run.record["reasons"][0]["stage"] == "CloseExecution"
    assert not any(image["delivered"] for image in run.record.get("images", ()))


@pytest.fixture
def hasty(reviewed: Stack) -> Iterator[None]:
    """The machine gives an execution 100 s, 5 here."""
    steps, arn = reviewed.client("stepfunctions"), reviewed.outputs["StateMachineArn"]
    kept = steps.describe_state_machine(stateMachineArn=arn)["definition"]
    hasty = json.dumps(json.loads(kept) | {"TimeoutSeconds": 100})
    steps.update_state_machine(stateMachineArn=arn, definition=hasty)
    yield
    steps.update_state_machine(stateMachineArn=arn, definition=kept)


@pytest.mark.usefixtures("hasty")
def test_a_decision_after_the_executions_time_out_is_not_heard(desk: Desk, check: Any) -> None:
    arn = uncertain(desk.stack, "a lighthouse that takes too long")
    review_id = desk.opened(arn)["review_id"]
    assert desk.claim(review_id)[0] == 200
    assert_nobody_hears(desk, review_id, arn)
    run = desk.stack.ended(arn)
    check(run, "EXPIRED")
    assert run.status == "TIMED_OUT"


def requested(stack: Stack, prompt: str, **headers: str) -> str:
    """The id of a request by the API that has ended."""
    status, _, answer = stack.ask("POST", "/images", {"prompt": prompt}, **headers)
    assert status == 202, answer
    stack.wait_for_end(execution(stack, answer["request_id"]))
    return str(answer["request_id"])


def record_of(stack: Stack, request_id: str) -> dict[str, Any]:
    record = stack.deployed.record(request_id)
    assert record is not None
    return record


def execution(stack: Stack, name: str) -> str:
    machine = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    return f"{machine}:{name}"


def appeal(stack: Stack, request_id: str, message: str = "look again", **headers: str) -> Any:
    """Status and body of the answer to an appeal."""
    path = f"/images/{request_id}/appeal"
    status, _, answer = stack.ask("POST", path, {"message": message}, **headers)
    return status, answer


def appealed(desk: Desk, request_id: str, **headers: str) -> tuple[str, dict[str, Any]]:
    """Appeals; the execution that follows, and its review."""
    status, answer = appeal(desk.stack, request_id, **headers)
    assert (status, answer["request_id"]) == (202, request_id), answer
    arn = execution(desk.stack, f"{request_id}-appeal")
    return arn, desk.opened(arn)


def second_run(stack: Stack, arn: str) -> Run:
    """An appeal's execution that has ended; of its request's events, its own."""
    run = stack.ended(arn)

    def own() -> list[dict[str, Any]]:
        told = stack.events(run.record["request_id"])
        return [event for event in told if event["detail"]["run"] == run.record["run"]]

    run.events = until(own)
    return run


@pytest.mark.parametrize(
    ("decision", "status"), [("approve", "COMPLETED"), ("reject", "BLOCKED_PROMPT")]
)
def test_an_appeal_has_a_blocked_prompt_looked_at_once(
    desk: Desk, check: Any, decision: str, status: str
) -> None:
    stack, prompt = desk.stack, f"a nude statue to {decision}"
    stack.script(prompt, comprehend=["unsafe"])
    request_id = requested(stack, prompt)
    assert record_of(stack, request_id)["status"] == "BLOCKED_PROMPT"

    arn, review = appealed(desk, request_id)
    assert (review["about"], review["run"], review["appeal"]["message"]) == (
        "prompt",
        2,
        "look again",
    )
    assert desk.told(review["review_id"])[0]["appealed"]
    assert appeal(stack, request_id)[0] == 202
    assert conflict(appeal(stack, request_id, "look harder")) == "appealed"
    desk.end(review["review_id"], decision)

    run = second_run(stack, arn)
    check(run, status)
    assert run.states[:3] == ["AcceptRequest", "IsNew", "ReviewRequest"]
    assert "FilterKeywords" not in run.states
    record = run.record
    # What the classifier holds against it, too, was the reviewer's to lift.
    classified = [one for one in record["warnings"] if one["stage"] == "ClassifyPrompt"]
    assert [one["action"] for one in classified] == ["review"] * (decision == "approve")
    assert (record["appeal"]["message"], record["appeal"]["against"]) == ("look again", 1)
    assert [(past["run"], past["status"]) for past in record["history"]] == [(1, "BLOCKED_PROMPT")]
    assert conflict(appeal(stack, request_id, "look harder")) in ("appealed", "appealable")
    _, _, view = stack.ask("GET", f"/images/{request_id}")
    api_schemas.check(view, "request-view")
    assert (view["appealable"], view["reviews"][0]["decision"]) == (False, decision)
    assert "local:ana" not in json.dumps(view)
    assert REASON not in json.dumps(view)


@pytest.mark.parametrize(
    ("decision", "status", "painted"),
    [("approve", "COMPLETED", 0), ("reject", "BLOCKED_IMAGE", 0), ("regenerate", "COMPLETED", 1)],
)
def test_an_appeal_has_blocked_pictures_looked_at(
    desk: Desk, check: Any, decision: str, status: str, painted: int
) -> None:
    stack, prompt = desk.stack, f"a battle in a garden to {decision}"
    stack.script(prompt, comprehend=["safe"], generation=["unsafe", "unsafe", "safe"])
    request_id = requested(stack, prompt)
    first = record_of(stack, request_id)
    paid = stack.stand_ins.calls("InvokeEndpointAsync", prompt)

    arn, review = appealed(desk, request_id)
    assert (review["about"], len(review["attempts"])) == ("images", 2)
    desk.end(review["review_id"], decision)

    run = second_run(stack, arn)
    check(run, status)
    assert verdicts(run) == [("safe", True) if status == "COMPLETED" else ("unsafe", False)]
    assert stack.stand_ins.calls("InvokeEndpointAsync", prompt) == paid + painted
    same = run.record["images"][0]["sha256"] == first["images"][0]["sha256"]
    assert same == (decision != "regenerate")


@pytest.mark.parametrize("prompt", ["a nude child", "a quiet lighthouse"])
def test_what_the_policy_never_allows_is_not_appealable_nor_what_was_delivered(
    desk: Desk, prompt: str
) -> None:
    desk.stack.script("a quiet lighthouse", comprehend=["safe"])
    request_id = requested(desk.stack, prompt)
    assert conflict(appeal(desk.stack, request_id)) == "appealable"


def test_an_appeal_whose_run_failed_is_the_same_appeal_when_it_runs_again(
    desk: Desk, check: Any, safelight_on: Callable[[Stack], Safelight]
) -> None:
    stack, prompt = desk.stack, "a nude statue that breaks"
    stack.script(prompt, generation=["malformed", "safe"])
    request_id = requested(stack, prompt)
    arn, review = appealed(desk, request_id)
    desk.end(review["review_id"], "approve")
    assert second_run(stack, arn).record["status"] == "FAILED"

    assert safelight_on(stack)("redrive", request_id, "--no-wait")[0] == SUCCESS
    (again,) = until(
        lambda: [row for row in desk.rows() if (row["request_id"], row["run"]) == (request_id, 3)]
    )
    desk.opened(again["execution_arn"])
    desk.end(again["review_id"], "approve")

    run = second_run(stack, again["execution_arn"])
    check(run, "COMPLETED")
    assert [past["run"] for past in run.record["history"]] == [1, 2]
    assert run.record["appeal"]["against"] == 1
    assert conflict(appeal(stack, request_id, "look harder")) in ("appealed", "appealable")


@pytest.fixture(scope="module")
def keyed(system: System) -> Iterator[Desk]:
    """Ana and Ben may decide, Cleo may not; prompts are kept, and flagged ones pass with a
    warning."""
    gateway = system[0].client("apigateway")
    keys = {name: gateway.create_api_key(name=name, enabled=True) for name in (ANA, BEN, "cleo")}
    settings = {
        "ApiAuth": "key",
        "Reviewers": f"{keys[ANA]['id']},{keys[BEN]['id']}",
        "OnFlaggedPrompt": "warn",
        "StorePrompts": "true",
        "MaxAttempts": "1",
        **SETTINGS,
        **PATIENCE,
    }
    stack = Stack(*system, "reviewed-keys", settings)
    publish(stack)
    for key in keys.values():
        gateway.create_usage_plan_key(
            usagePlanId=stack.outputs["ApiUsagePlan"], keyId=key["id"], keyType="API_KEY"
        )
    yield Desk(stack, {name: {"x-api-key": key["value"]} for name, key in keys.items()})
    stack.delete()


def test_nobody_decides_on_their_own_request(keyed: Desk, check: Any) -> None:
    prompt = "a tavern of ana's"
    keyed.stack.script(prompt, comprehend=[IN_THE_BAND], generation=[UNCERTAIN])
    status, answer = keyed.ask("POST", "/images", ANA, {"prompt": prompt})
    assert status == 202
    arn = execution(keyed.stack, answer["request_id"])
    review = keyed.opened(arn)
    # Where the stack warns, the prompt itself was no matter for people.
    assert (review["about"], review["prompt"]) == ("images", prompt)
    review_id = review["review_id"]
    replies = (keyed.claim(review_id, ANA), keyed.decide(review_id, "approve", ANA))
    assert "own_request" in [forbidden(reply) for reply in replies]
    for reply in (
        keyed.claim(review_id, "cleo"),
        keyed.decide(review_id, "approve", "cleo"),
        keyed.ask("GET", "/reviews", "cleo"),
        keyed.ask("GET", f"/reviews/{review_id}", "cleo"),
    ):
        forbidden(reply)
    keyed.end(review["review_id"], "approve", BEN)
    run = keyed.stack.ended(arn)
    check(run, "COMPLETED")
    assert run.record["reviews"][0]["by"].startswith("key:")
    assert keyed.row(review["review_id"])["prompt"] == prompt


def test_nobody_decides_on_the_appeal_against_their_own_decision(keyed: Desk, check: Any) -> None:
    prompt = "a tavern of cleo's"
    keyed.stack.script(prompt, comprehend=["safe"], generation=[UNCERTAIN])
    status, answer = keyed.ask("POST", "/images", "cleo", {"prompt": prompt})
    assert status == 202
    request_id = answer["request_id"]
    keyed.end(keyed.opened(execution(keyed.stack, request_id))["review_id"], "reject", ANA)
    keyed.stack.wait_for_end(execution(keyed.stack, request_id))
    path = f"/images/{request_id}/appeal"
    assert keyed.ask("POST", path, BEN, {"message": "not mine"})[0] == 404
    status, told = keyed.ask("POST", path, "cleo", {"message": "look again"})
    assert status == 202, told
    arn = execution(keyed.stack, f"{request_id}-appeal")
    review = keyed.opened(arn)
    review_id = review["review_id"]
    replies = (keyed.claim(review_id, ANA), keyed.decide(review_id, "reject", ANA))
    assert "own_decision" in [forbidden(reply) for reply in replies]
    keyed.end(review["review_id"], "approve", BEN)
    run = second_run(keyed.stack, arn)
    check(run, "COMPLETED")
    assert verdicts(run) == [("safe", True)]


def test_a_forgotten_review_ends_with_its_task(desk: Desk, check: Any, forgotten: str) -> None:
    """The last resort, where no sweeper comes: the Task's own time-out."""
    run = desk.stack.ended(forgotten, within=90)
    check(run, "BLOCKED_PROMPT")
    assert run.record["reasons"][-1]["rule"] == "expired"
    (told,) = run.record["reviews"]
    assert (told["decision"], told["by"]) == ("expire", "nobody")
