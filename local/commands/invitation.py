"""What `safelight local` prints first: how to use what runs, line by line ready to be pasted."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

from local.commands.local_env import BRIDGE
from local.deployed_stack import REQUEST_EVENT, default_key
from local.engine.settings import REGION
from local.stack import ROOT, LocalStack

PROMPT_FILE = ROOT / "events" / "prompts" / "clean.json"
REQUEST_FILE = ROOT / "events" / "requests" / "clean.json"
_SOURCE = "newsletter"
_LOOPBACK = "http://127."


def invitation(stack: LocalStack, env_file: Path, for_containers: str) -> str:
    """All of it. AWS CLI lines are indented by two and begin with the variables they need.

    `for_containers` is the engine's address in the file of variables.
    """
    aws, own = aws_lines(stack), own_lines()
    return "\n".join(
        [
            f"The page: {stack.page_url}",
            f"The review desk: {stack.page_url}#/reviews",
            f"Safelight runs at {stack.endpoint}",
            painted_by(stack),
            *_both("Drop a file:", aws["drop"], own["drop"]),
            *_both("Put an event:", aws["put-event"], own["put-event"]),
            *_both("Read the record of the file:", aws["show"], own["show"]),
            "",
            "Ask the API, and wait for the result:",
            f"  {api_line(stack)}",
            "",
            "Decide what waits for a person (what the policy is unsure of):",
            f"  {own['review']}",
            "",
            "Change policy/default.json, and have the next request judged by it:",
            f"  {own['policy']}",
            "",
            *_single_function(env_file, for_containers),
            "",
            "Outcomes appear here as they come. Ctrl-C stops everything.",
        ]
    )


def _single_function(env_file: Path, for_containers: str) -> list[str]:
    if for_containers.startswith(_LOOPBACK):
        return [
            "The containers of `sam local` do not reach this address. For them, start it as:",
            f"  {own_name()} local --host {BRIDGE} --port 4566",
        ]
    event = _short(ROOT / "events" / "accept_request" / "direct_start.json")
    sam = _short(ROOT / ".venv-sam" / "bin" / "sam")
    return [
        "Invoke one function with SAM CLI against this stack:",
        f"  {sam} local invoke AcceptRequestFunction -e {event} --env-vars {_short(env_file)}",
    ]


def painted_by(stack: LocalStack) -> str:
    """Which parts are stand-ins."""
    if stack.generator:
        return f"Classifier and moderator are local stand-ins; {stack.generator} paints."
    return "Classifier, painter and moderator are local stand-ins."


def aws_lines(stack: LocalStack) -> dict[str, str]:
    """The same three things for the AWS CLI."""
    key = default_key(PROMPT_FILE)
    bucket = stack.outputs["PromptsBucket"]
    entry = {
        "EventBusName": stack.outputs["EventBus"],
        "Source": _SOURCE,
        "DetailType": REQUEST_EVENT,
        "Detail": json.dumps(json.loads(REQUEST_FILE.read_text("utf-8"))),
    }
    name = json.loads(PROMPT_FILE.read_text("utf-8"))["request_id"]
    record_key = json.dumps({"request_id": {"S": f"s3:prompts/{name}"}})
    calls = {
        "drop": ["s3", "cp", _short(PROMPT_FILE), f"s3://{bucket}/{key}"],
        "put-event": ["events", "put-events", "--entries", json.dumps([entry])],
        "show": [
            *("dynamodb", "get-item", "--table-name", stack.outputs["ResultsTable"]),
            *("--key", record_key),
        ],
    }
    variables = {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
    }
    before = " ".join(f"{name}={value}" for name, value in variables.items())
    return {name: f"{before} {shlex.join(['aws', *call])}" for name, call in calls.items()}


def api_line(stack: LocalStack) -> str:
    """A call of the API by its page's origin: the page's history has it, too."""
    url = f"{stack.page_url}api/images?wait=25"
    body = json.dumps({"prompt": "a lighthouse at dusk"})
    return f"curl -H 'Content-Type: application/json' -d '{body}' '{url}'"


def own_lines() -> dict[str, str]:
    """The same three things for this command; what waits for reviewers; another policy."""
    me, name = own_name(), json.loads(PROMPT_FILE.read_text("utf-8"))["request_id"]
    return {
        "drop": f"{me} drop {_short(PROMPT_FILE)}",
        "put-event": f"{me} put-event {_short(REQUEST_FILE)} --source {_SOURCE}",
        "show": f"{me} show s3:prompts/{name}",
        "review": f"{me} review list",
        "policy": f"{me} policy publish",
    }


def own_name() -> str:
    """How to call this command from the shell it was started in."""
    started = Path(sys.argv[0])
    found = shutil.which("safelight")
    if found and started.exists() and Path(found).samefile(started):
        return "safelight"
    return shlex.quote(_short(started.absolute()))


def _both(title: str, aws: str, own: str) -> list[str]:
    return ["", title, f"  {own}", f"  {aws}"]


def _short(path: Path) -> str:
    """Relative where that leads to the same file from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
