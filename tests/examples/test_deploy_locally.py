"""examples/deploy_locally: a template is given the outputs that its parameters are named for."""

import sys

import pytest
from workflow.running_system import ROOT, Stack

from examples import deploy_locally
from local import running_instance
from local.running_instance import Instance

TEMPLATE = ROOT / "examples" / "event_consumer" / "template.yaml"


@pytest.fixture(autouse=True)
def line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["deploy_locally", str(TEMPLATE), "another-shop"])


@pytest.mark.engine
def test_it_prints_the_outputs_of_what_it_deployed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running = Instance(0, stack.engine.endpoint, "", "", stack.name, stack.outputs)
    monkeypatch.setattr(running_instance, "find", lambda: running)
    assert deploy_locally.main() == 0
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    rules = stack.client("events").list_rules(EventBusName=stack.outputs["EventBus"])["Rules"]
    assert any(rule["Name"].startswith("another-shop") for rule in rules)
    assert printed["OrdersTable"].startswith("another-shop")


def test_it_needs_a_stack_that_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running_instance, "find", lambda: None)
    assert deploy_locally.main() == 1
    assert "make local" in capsys.readouterr().err
