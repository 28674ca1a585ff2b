"""What the command line takes, and how it says no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import cli, model_server, running_instance
from local.commands.answers import answers
from local.commands.failure import FAILED, SUCCESS

COMMANDS = (
    *("demo", "local", "drop", "put-event", "show", "redrive", "dead-letters"),
    *("batch", "dataset", "policy", "classifier", "endpoint", "models", "review"),
)


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running_instance, "_NOTE", tmp_path / "local.json")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == SUCCESS
    assert f"examples:\n  safelight {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["nonsense"],
        ["drop"],
        ["drop", "a.txt", "--answer", "nice"],
        ["drop", "a.txt", "--answer", "slow:soon"],
        ["drop", "a.txt", "--timeout", "0"],
        ["show"],
        ["show", "--last", "--list"],
        ["local", "--time-scale", "-1"],
        ["local", "--on-flagged-prompt", "maybe"],
        ["policy", "burn"],
        ["models"],
        ["dead-letters"],
        ["endpoint", "adopt", "--stack", "safelight"],
        ["endpoint", "adopt", "--model", "m", "--serving", "e"],
        ["endpoint", "adopt", "--model", "m", "--max-instances", "0"],
        ["classifier", "deploy"],
        ["classifier", "deploy", "a.csv", "--model", "m"],
        ["classifier", "deploy", "a.csv", "--gate-f1", "2"],
        ["classifier", "deploy", "a.csv", "--language", "ja"],
        ["batch"],
        ["batch", "show"],
        ["batch", "redrive", "batch-b", "--at-once", "0"],
        ["dataset", "submit", "cats", "--flagged", "burn"],
        ["dataset", "submit", "cats", "--fine-tune", "--hyperparameter", "max_steps"],
        ["drop", "a.txt", "--answer", "picture:no-such-file.jpg"],
    ],
)
def test_nonsense_is_a_usage_error(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(line)
    assert ended.value.code == 2
    assert "usage: safelight" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
def test_a_wildcard_host_needs_a_yes(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["local", "--host", host]) == FAILED
    told = capsys.readouterr().err
    assert "every network" in told
    assert "--yes" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["drop", "no-such-file.txt"], "cannot read no-such-file.txt"),
        (["drop", __file__, "--key", "elsewhere/a.txt"], "try prompts/elsewhere/a.txt"),
        (["drop", __file__], "Start one in another window with `safelight local`"),
        (["drop", __file__, "--answer", "safe", "--stack", "s"], "leave it out"),
        (["put-event", "{nonsense"], "the argument is not JSON"),
        (["put-event", "no-such-file.json"], "a JSON object in quotes"),
        (["put-event", "{}", "--source", "aws.s3"], "choose another --source"),
        (["put-event", "{}"], "no local stack is running"),
        (["local", "--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["local", "--host", "::1"], "give an IPv4 address"),
        (["local", "--port", "99999"], "without --port a free one is taken"),
        (["local", "--page-port", "99999"], "without --page-port a free one is taken"),
        (["local", "--port", "8088", "--page-port", "8088"], "need a port each"),
        (["local", "--generator", ""], "at http://HOST:PORT"),
        (["local", "--generator", "https://127.0.0.1:1"], "at http://HOST:PORT"),
        (["local", "--generator", "http://127.0.0.1:1"], "how to start a model server"),
        (["show", "--last"], "no local stack is running"),
        (["redrive", "a"], "no local stack is running"),
        (["dead-letters", "list"], "no local stack is running"),
        (["batch", "show", "batch-b"], "no local stack is running"),
        (["dataset", "submit", "datasets/cats/"], "no local stack is running"),
    ],
)
def test_refusals_say_what_to_do(
    line: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(line) == FAILED
    assert told in capsys.readouterr().err


def test_an_event_must_be_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "list.json"
    file.write_text("[1]")
    assert cli.main(["put-event", str(file)]) == FAILED
    assert "JSON object" in capsys.readouterr().err


def test_answers_are_steps_in_order() -> None:
    assert answers("unsafe, slow:3,safe") == ["unsafe", {"slow": 3.0}, "safe"]


def test_a_picture_is_handed_over_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"pixels")
    assert answers(f"picture:{tmp_path / 'a.png'}") == [{"given": "cGl4ZWxz"}]


def test_the_shipped_policy_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "check"]) == SUCCESS
    assert "is sound" in capsys.readouterr().out


def test_a_broken_policy_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"version": "x"}))
    assert cli.main(["policy", "compile", str(file)]) == FAILED
    assert "keeps the policy it has" in capsys.readouterr().err


def test_the_endpoint_s_demo_says_how_to_get_torch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model_server, "PYTHON", tmp_path / "python")
    assert cli.main(["demo", "endpoint", "--out", str(tmp_path / "out")]) == FAILED
    assert "make container-setup" in capsys.readouterr().err
