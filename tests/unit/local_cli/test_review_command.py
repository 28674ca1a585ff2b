"""`safelight review` against an API that answers as it is told."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.stub import Stubber
from unit.local_cli.api_server import ApiServer
from unit.local_reviews.rows import prompt_row

from local import cli
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.deployed_stack import DeployedStack

Output = pytest.CaptureFixture[str]
Json = dict[str, Any]
ONE, TWO = "aaaaaa" + "0" * 34, "aaaaaa" + "1" * 34
OPEN = "GET /reviews?queue=open&limit=50"
SHORT: Json = {
    "review_id": ONE,
    "request_id": "s3:prompts/fox",
    "run": 1,
    "about": "prompt",
    "status": "OPEN",
    "opened_at": "2026-11-21T10:00:00.000Z",
    "answer_by": "2999-11-21T10:00:00.000Z",
    "reasons": [{"stage": "ClassifyPrompt", "category": "violence", "label": "war"}],
    "requester": "s3:prompts",
    "policy_hash": "p" * 64,
    "appealed": False,
    "mine": False,
}
IMAGE = {
    "index": 2,
    "verdict": "review",
    "width": 512,
    "height": 640,
    "preview_url": "https://work/2",
    "reasons": [
        {
            "stage": "ModerateImages",
            "category": "alcohol",
            "label": "Alcohol",
            "score": 0.93,
            "threshold": 0.9,
            "action": "review",
            "image": 2,
        }
    ],
}
FULL = SHORT | {
    "prompt": "a duel",
    "negative_prompt": "",
    "warnings": [],
    "reasons": IMAGE["reasons"],
    "images": [IMAGE],
    "attempts": [],
    "classification": {"backend": "custom", "scores": {"unsafe": 0.6}},
    "models": {},
    "regenerable": True,
    "history": {
        "runs": [
            {"run": 1, "status": "BLOCKED_PROMPT", "updated_at": "then", "reasons": []},
        ],
        "reviews": [],
        "requester": [{"status": "COMPLETED", "at": "before"}],
    },
    "appeal": {"at": "now", "message": "it is a painting", "against": 1},
    "links": {},
}
HEARD = {"review_id": ONE, "decision": "approve", "decided_at": "now", "heard": True}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """The local stack's API, with one review that waits."""
    with ApiServer() as running:
        monkeypatch.setattr(which_stack, "api_here", lambda: running.url)
        tell(running, OPEN, {"reviews": [SHORT]})
        tell(running, f"POST /reviews/{ONE}/claim", SHORT | {"claim_until": "soon"})
        tell(running, f"POST /reviews/{ONE}/decision", HEARD)
        yield running


def tell(server: ApiServer, call: str, answer: object, status: int = 200) -> None:
    method, path = call.split()
    server.answers[method, path] = status, answer


def problem(code: str, rule: str, detail: str) -> Json:
    return {"code": code, "detail": detail, "errors": [{"rule": rule}]}


def in_account(monkeypatch: pytest.MonkeyPatch, server: ApiServer, auth: str) -> None:
    made = deployed({"ApiUrl": server.url}, {"ApiAuth": auth})
    monkeypatch.setattr(which_stack, "which_stack", lambda name, needs: made)


def deployed(outputs: dict[str, str], parameters: dict[str, str]) -> DeployedStack:
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    session = boto3.session.Session(region_name="us-east-1", **keys)
    stack = DeployedStack("s", functools.cache(session.client), outputs)
    stack.parameters = lambda: parameters  # type: ignore[method-assign]
    return stack


def test_what_waits_is_listed_with_why(server: ApiServer, capsys: Output) -> None:
    tell(server, "GET /reviews?queue=open&limit=20", {"reviews": [SHORT]})
    assert cli.main(["review", "list", "--as", "anna"]) == SUCCESS
    told = capsys.readouterr().out
    for part in ("aaaaaa000000", "s3:prompts/fox", "prompt", "violence: war", " h"):
        assert part in told
    assert server.calls[0].headers["Safelight-Reviewer"] == "anna"


def test_a_long_queue_comes_in_pages(server: ApiServer, capsys: Output) -> None:
    tell(server, "GET /reviews?queue=open&limit=50", {"reviews": [SHORT] * 50, "next_cursor": "n"})
    tell(server, "GET /reviews?queue=open&limit=10&cursor=n", {"reviews": [SHORT] * 10})
    assert cli.main(["review", "list", "--limit", "60", "--json"]) == SUCCESS
    assert len(json.loads(capsys.readouterr().out)) == 60


def test_what_was_decided_is_listed_with_who(server: ApiServer, capsys: Output) -> None:
    decided = {"status": "OVER", "decision": "approve", "decided_by": "iam:x", "heard": False}
    tell(server, "GET /reviews?queue=decided&limit=20", {"reviews": [SHORT | decided]})
    assert cli.main(["review", "list", "--decided"]) == SUCCESS
    told = capsys.readouterr().out
    assert "approve, not heard" in told
    assert "iam:x" in told


def test_a_review_is_shown_with_what_was_before(server: ApiServer, capsys: Output) -> None:
    tell(server, f"GET /reviews/{ONE}?originals=true", FULL)
    assert cli.main(["review", "show", "s3:prompts/fox", "--originals"]) == SUCCESS
    told = capsys.readouterr().out
    for part in (
        "a duel",
        "it is a painting",
        "Alcohol 0.93 ≥ 0.90",
        "https://work/2",
    ):
        assert part in told
    for part in ("0.6000", "BLOCKED_PROMPT", "COMPLETED"):
        assert part in told


def test_approving_claims_first(server: ApiServer, capsys: Output) -> None:
    line = ["review", "approve", "s3:prompts/fox", "--reason", "harmless", "--images", "0,2"]
    assert cli.main(line) == SUCCESS
    assert server.asked() == [OPEN, f"POST /reviews/{ONE}/claim", f"POST /reviews/{ONE}/decision"]
    said = {"decision": "approve", "reason": "harmless", "images": [0, 2]}
    assert json.loads(server.calls[-1].body) == said
    assert "Approved: s3:prompts/fox" in capsys.readouterr().out


def test_a_review_is_found_by_the_beginning_of_its_id(server: ApiServer) -> None:
    assert cli.main(["review", "reject", "aaaaaa", "--reason", "no"]) == SUCCESS
    assert json.loads(server.calls[-1].body) == {"decision": "reject", "reason": "no"}


def test_a_whole_id_is_looked_for_nowhere(server: ApiServer) -> None:
    assert cli.main(["review", "claim", ONE]) == SUCCESS
    assert server.asked() == [f"POST /reviews/{ONE}/claim"]


def test_a_beginning_of_two_ids_is_refused(server: ApiServer, capsys: Output) -> None:
    tell(server, OPEN, {"reviews": [SHORT, SHORT | {"review_id": TWO}]})
    assert cli.main(["review", "claim", "aaaaaa"]) == FAILED
    assert "begins the ids of 2 reviews" in capsys.readouterr().err


@pytest.mark.parametrize("identity", ["aaaaa", "bbbbbb", "s3:prompts/another"])
def test_what_does_not_wait_is_told(server: ApiServer, capsys: Output, identity: str) -> None:
    assert cli.main(["review", "approve", identity, "--reason", "x"]) == FAILED
    assert "waits for a decision" in capsys.readouterr().err


def test_another_reviewers_review_is_left_to_them(server: ApiServer, capsys: Output) -> None:
    refused = problem("conflict", "claimed", "another reviewer has it until soon")
    tell(server, f"POST /reviews/{ONE}/claim", refused, 409)
    assert cli.main(["review", "approve", ONE, "--reason", "x"]) == FAILED
    assert server.asked() == [f"POST /reviews/{ONE}/claim"]
    assert "another reviewer has it until soon. Wait" in capsys.readouterr().err


def test_a_decision_that_could_not_be_told_stands(server: ApiServer, capsys: Output) -> None:
    tell(server, f"POST /reviews/{ONE}/decision", HEARD | {"heard": False}, 202)
    assert cli.main(["review", "regenerate", ONE, "--reason", "blurred"]) == SUCCESS
    assert "will be in minutes" in capsys.readouterr().out


def test_without_a_terminal_a_reason_must_be_said(server: ApiServer, capsys: Output) -> None:
    assert cli.main(["review", "reject", ONE]) == FAILED
    assert '--reason "TEXT"' in capsys.readouterr().err
    assert not server.calls


def test_in_a_terminal_a_reason_is_asked_for(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt: " too much blood ")
    assert cli.main(["review", "reject", ONE]) == SUCCESS
    assert json.loads(server.calls[-1].body)["reason"] == "too much blood"


def test_a_claim_is_given_back(server: ApiServer) -> None:
    tell(server, f"DELETE /reviews/{ONE}/claim", None, 204)
    assert cli.main(["review", "release", ONE]) == SUCCESS


def test_a_requester_appeals_under_no_reviewers_name(server: ApiServer, capsys: Output) -> None:
    tell(server, "POST /images/api-1/appeal", {"request_id": "api-1", "run": 2}, 202)
    assert cli.main(["review", "appeal", "api-1", "--message", "look again"]) == SUCCESS
    assert "Safelight-Reviewer" not in server.calls[0].headers
    assert "api-1 waits for a reviewer" in capsys.readouterr().out


def test_what_came_as_a_file_is_nobodys_to_appeal(server: ApiServer, capsys: Output) -> None:
    assert cli.main(["review", "appeal", "s3:prompts/fox", "--message", "look again"]) == FAILED
    assert "did not come by the API" in capsys.readouterr().err
    assert not server.calls


def test_a_stack_without_reviews_is_told(server: ApiServer, capsys: Output) -> None:
    del server.answers["GET", "/reviews?queue=open&limit=50"]
    assert cli.main(["review", "claim", "s3:prompts/fox"]) == FAILED
    assert "Reviews=true" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("auth", "variable", "header"),
    [
        ("cognito", "SAFELIGHT_TOKEN", "Authorization"),
        ("key", "SAFELIGHT_API_KEY", "x-api-key"),
    ],
)
def test_secrets_come_by_the_environment(
    server: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    auth: str,
    variable: str,
    header: str,
) -> None:
    in_account(monkeypatch, server, auth)
    line = ["review", "claim", ONE, "--stack", "s"]
    monkeypatch.delenv(variable, raising=False)
    assert cli.main(line) == FAILED
    assert f"into the variable {variable}" in capsys.readouterr().err
    monkeypatch.setenv(variable, "secret")
    assert cli.main(line) == SUCCESS
    assert server.calls[-1].headers[header] == "secret"


def test_in_an_account_calls_are_signed(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    in_account(monkeypatch, server, "iam")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert cli.main(["review", "claim", ONE, "--stack", "s"]) == SUCCESS
    assert "Credential=AKIDEXAMPLE/" in server.calls[0].headers["Authorization"]
    assert "Safelight-Reviewer" not in server.calls[0].headers


@pytest.mark.parametrize(
    "more", [["--as", "anna", "--stack", "s"], ["--as", "two words"], ["--as", "ä"]]
)
def test_names_are_for_the_local_stack(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    in_account(monkeypatch, server, "iam")
    assert cli.main(["review", "claim", ONE, *more]) == FAILED
    assert not server.calls


@pytest.mark.parametrize("images", ["", "a", "-1", "0,0"])
def test_pictures_are_named_by_their_numbers(images: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["review", "approve", ONE, "--images", images])


def test_decisions_are_exported_from_the_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output
) -> None:
    rows = [
        prompt_row("approve", prompt="a fox", decided_by="iam:anna"),
        prompt_row("reject", decided_by="iam:ben", request_id="two"),
        prompt_row("expire", status="EXPIRED"),
        prompt_row("reject", decided_at="2026-10-01T00:00:00.000Z"),
    ]
    outputs = {"ReviewsTable": "reviews", "ResultsTable": "results"}
    stack = deployed(outputs, {"StorePrompts": "false"})
    monkeypatch.setattr(which_stack, "which_stack", lambda name, needs: stack)
    out = tmp_path / "reviews"

    with Stubber(stack.client("dynamodb")) as stubber:
        for items, more in ((rows[:1], rows[0]), (rows[1:], None)):
            page = {"Items": [item(row) for row in items]}
            key = {"LastEvaluatedKey": {"review_id": {"S": more["review_id"]}}} if more else {}
            stubber.add_response("scan", page | key)
        for ids in (["s3:prompts/one", "two"], ["two"]):
            stubber.add_response("batch_get_item", hashes(ids[:1], ids[1:]))
        line = ["review", "export", "--out", str(out), "--since", "2026-11-01"]
        assert cli.main(line) == SUCCESS

    told = capsys.readouterr().out
    for part in ("left out: 1 whose prompt was not kept: StorePrompts is off", "expired: nobody"):
        assert part in told
    for part in ("50 % (9 to 91)", "No threshold is suggested", "0 of 1", "Krippendorff"):
        assert part in told
    assert "a fox" not in told
    assert (out / "prompts.csv").read_text("utf-8") == 'safe,"a fox"\n'
    lines = (out / "decisions.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["reviewer"] for line in lines] == ["r1", "r2"]


def item(row: Json) -> Json:
    """A row as the table keeps it."""
    documents = ("reasons", "models", "classification", "approved")
    flat = {name: json.dumps(row[name]) if name in documents else row[name] for name in row}
    return {name: TypeSerializer().serialize(value) for name, value in flat.items()}


def hashes(ids: list[str], left: list[str]) -> Json:
    """BatchGetItem's answer, which may leave keys for another call: all asked for the same."""
    found = [{"request_id": {"S": one}, "request_hash": {"S": "same"}} for one in ids]
    keys = [{"request_id": {"S": one}} for one in left]
    unread = {"UnprocessedKeys": {"results": {"Keys": keys}}} if left else {}
    return {"Responses": {"results": found}, **unread}
