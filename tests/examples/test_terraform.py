"""examples/terraform: a file that Terraform uploads ends in the queue that it made.

The provider is not fetched: TERRAFORM_PLUGINS names a folder that has it, such as one that
`terraform providers mirror` has made.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wiring.system import ROOT, TEMPLATE
from workflow.running_system import Stack

from local.engine.settings import REGION

FOLDER = ROOT / "examples" / "terraform"
PLUGINS = os.environ.get("TERRAFORM_PLUGINS")
needs_terraform = pytest.mark.skipif(not shutil.which("terraform"), reason="no terraform on PATH")
needs_provider = pytest.mark.skipif(not PLUGINS, reason="TERRAFORM_PLUGINS names no folder")


def terraform(folder: Path, command: str, *words: str, **environment: str) -> str:
    """What a command of Terraform's prints."""
    ran = subprocess.run(
        ["terraform", f"-chdir={folder}", command, "-no-color", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
    return ran.stdout


def test_the_outputs_that_it_reads_are_there() -> None:
    read = re.findall(r"\blocal\.safelight\.(\w+)", (FOLDER / "main.tf").read_text("utf-8"))
    assert {"PromptsBucket", "EventBus"} == set(read) <= TEMPLATE["Outputs"].keys()


@needs_terraform
def test_it_is_in_terraforms_own_form() -> None:
    assert terraform(FOLDER, "fmt", "-check", "-diff") == ""


@pytest.fixture
def initialised(tmp_path: Path) -> Path:
    shutil.copy(FOLDER / "main.tf", tmp_path)
    terraform(tmp_path, "init", "-input=false", f"-plugin-dir={PLUGINS}")
    return tmp_path


class Applied:
    """What Terraform has made beside the local stack, until the block ends."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self._folder, self.client = folder, stack.client
        self._environment = {
            "AWS_ENDPOINT_URL": stack.engine.endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "TF_VAR_safelight_stack": stack.name,
            "TF_VAR_s3_path_style": "true",
            "TF_VAR_prompt": "a harbour in the morning",
        }

    def run(self, command: str, *words: str) -> str:
        return terraform(self._folder, command, *words, **self._environment)

    def output(self, name: str) -> str:
        return self.run("output", "-raw", name)

    def result(self) -> Any:
        """The first event in the queue."""
        for _ in range(6):
            received = self.client("sqs").receive_message(
                QueueUrl=self.output("queue_url"), WaitTimeSeconds=10
            )
            for message in received.get("Messages", ()):
                return json.loads(message["Body"])
        raise AssertionError("no result came")


@pytest.fixture
def applied(initialised: Path, stack: Stack) -> Iterator[Applied]:
    made = Applied(initialised, stack)
    made.run("apply", "-input=false", "-auto-approve")
    yield made
    made.run("destroy", "-input=false", "-auto-approve")


@needs_terraform
@needs_provider
def test_it_is_valid(initialised: Path) -> None:
    assert "Success" in terraform(initialised, "validate")


# The provider waits 25 seconds for a queue, and again for its policy.
@pytest.mark.engine
@pytest.mark.timeout(600)
@needs_terraform
@needs_provider
def test_the_result_of_the_file_lies_in_the_queue(applied: Applied) -> None:
    told = applied.result()
    assert told["detail-type"] == "ImageCompleted"
    assert told["detail"]["request_id"] == applied.output("request_id")
    # Exit status 0: what is there is what the files say.
    applied.run("plan", "-input=false", "-detailed-exitcode")
