"""examples/cdk: what the app makes is a stack that tells people through a topic."""

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from wiring.system import ROOT, TEMPLATE
from workflow.running_system import Stack

from local.deploy import deploy

FOLDER = ROOT / "examples" / "cdk"
PYTHON = ROOT / ".venv-examples" / "bin" / "python"
pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-examples: make examples-setup"),
    pytest.mark.skipif(not shutil.which("node"), reason="no Node.js, which the CDK runs on"),
    # Python starts Node.js for it, which reads 100 MB of JavaScript.
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdk.out")
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    ran = subprocess.run(
        [PYTHON, "app.py"], cwd=FOLDER, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return folder / "safelight-people.template.json"


def test_it_asks_for_what_safelight_tells(template: Path) -> None:
    parameters = json.loads(template.read_text("utf-8"))["Parameters"]
    assert parameters.keys() <= TEMPLATE["Outputs"].keys()


def test_whom_the_queues_and_the_topic_hear(template: Path) -> None:
    """Nobody but EventBridge; the queue these rules alone, which no policy of a topic can say."""
    resources = json.loads(template.read_text("utf-8"))["Resources"].values()
    policies = [one for one in resources if one["Type"].endswith("Policy")]
    statements = [s for one in policies for s in one["Properties"]["PolicyDocument"]["Statement"]]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    assert all(one["Principal"] == {"Service": "events.amazonaws.com"} for one in allowed)
    conditions = [list(one.get("Condition", {})) for one in allowed]
    assert conditions == [[], ["ArnEquals"], ["ArnEquals"]]
    assert len(statements) - len(allowed) == 2


@pytest.mark.engine
def test_people_are_told_of_what_waits_for_them(template: Path, stack: Stack) -> None:
    given = {"EventBus": stack.outputs["EventBus"]}
    topic = deploy(stack.engine.endpoint, template, "people", given)["PeopleTopic"]
    sqs = stack.client("sqs")
    inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])
    stack.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )
    stack.client("events").put_events(
        Entries=[
            event(stack, "ImageFailed", "s3:prompts", "broken", retryable=False),
            event(stack, "ImageFailed", "s3:batches", "row", retryable=True),
            event(stack, "ImageFailed", "s3:prompts", "late", retryable=True),
            event(stack, "ImageInReview", "s3:batches", "unsure"),
        ]
    )
    told: set[str] = set()
    for _ in range(20):
        received = sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        messages = [json.loads(one["Body"])["Message"] for one in received.get("Messages", ())]
        # A text is made JSON of: it has quotes.
        told |= {json.loads(message) for message in messages}
        if len(told) > 1:
            break
    assert told == {"ImageFailed: s3:prompts/late", "ImageInReview: s3:batches/unsure"}


def event(stack: Stack, kind: str, requester: str, name: str, **detail: Any) -> dict[str, str]:
    whole = {"event_id": uuid.uuid4().hex, "requester": requester, **detail}
    return {
        "EventBusName": stack.outputs["EventBus"],
        "Source": "safelight",
        "DetailType": kind,
        "Detail": json.dumps({"request_id": f"{requester}/{name}", **whole}),
    }
