"""The pictures of docs/images are those of today's ASL and template, and nothing is missing."""

import re
from html import unescape
from pathlib import Path

import pytest
from security.stack import Stack as Deployed
from wiring.system import LAMBDAS, ROOT, Machine, of_type

from local.picture import __main__ as command
from local.picture.machine import Machine as Drawn
from local.picture.stack import Stack
from local.picture.words import BESIDE, CONDITIONS, THROUGH

MADE = command.pictures()
MACHINES = {name: Machine(name) for name in of_type("AWS::Serverless::StateMachine")}


def words_of(name: str) -> set[str]:
    return {unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", MADE[name])}


def test_the_files_are_what_the_command_makes() -> None:
    assert command.stale(MADE) == [], "make picture"


def test_a_stale_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "IMAGES", tmp_path)
    assert command.main([]) == 0
    (tmp_path / "system.svg").write_text("old", "utf-8")
    capsys.readouterr()
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/images/system.svg is stale: make picture\n"
    assert command.main([]) == command.main(["--check"]) == 0


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_drawn(name: str) -> None:
    file = Path(MACHINES[name].properties["DefinitionUri"]).name.replace(".asl.json", ".svg")
    assert MACHINES[name].states.keys() <= words_of(file)


@pytest.mark.parametrize("name", MACHINES)
def test_every_task_shows_its_time_out_and_that_it_is_tried_again(name: str) -> None:
    definition = ROOT / MACHINES[name].properties["DefinitionUri"]
    for state in Drawn.read(definition, name).states.values():
        if state.kind in ("lambda", "service"):
            told = " ".join(state.prints)
            assert re.search(r"≤ .+ s · retries \d", told) or re.search(r"≤ .+ s retries \d", told)


def test_every_function_machine_table_bucket_and_queue_is_in_the_system() -> None:
    shown = words_of("system.svg")
    parts = [name.removesuffix("Function") for name in LAMBDAS]
    tables = [name.removesuffix("Table") for name in of_type("AWS::DynamoDB::Table")]
    buckets = [name.removesuffix("Bucket") for name in of_type("AWS::S3::Bucket")]
    assert {*parts, *MACHINES, *tables, *buckets, *of_type("AWS::SQS::Queue")} <= shown


def test_the_system_shows_what_the_roles_allow() -> None:
    """As the security tests work the roles out: what is on by default is shown, and no less."""
    deployed, shown = Deployed(), Stack(ROOT / "template.yaml").parts
    roles = deployed.roles()
    stores = [*of_type("AWS::DynamoDB::Table"), *of_type("AWS::S3::Bucket")]
    for name, part in shown.items():
        for need in (need for one in roles[deployed.role_of(name)] for need in one.pairs()):
            for store in stores:
                if re.fullmatch(rf"{deployed.arn(store)}(/.*)?", need.resource):
                    does = "r" if re.search(":(Get|List|Query)", need.action) else "w"
                    assert does in part.access[store], (name, need)


def test_every_condition_has_its_words_and_every_word_its_condition() -> None:
    conditions = {
        rule["Condition"].removeprefix("{%").removesuffix("%}").strip()
        for machine in MACHINES.values()
        for state in machine.states.values()
        for rule in state.get("Choices", ())
    }
    assert CONDITIONS.keys() <= conditions
    for name in MADE:
        cut = [text for text in words_of(name) if text.endswith("…")]
        assert not cut, f"local/picture/words.py, CONDITIONS: a few words for {cut}"


def test_wishes_name_states_that_are_there() -> None:
    for name, wishes in BESIDE.items():
        definition = ROOT / MACHINES[name].properties["DefinitionUri"]
        trunk = Drawn.read(definition, name).trunk
        assert wishes.keys() <= MACHINES[name].states.keys() - {*trunk}
        assert {beside for _, beside in wishes.values()} <= {*trunk}
    for (name, choice), target in THROUGH.items():
        assert target in {rule["Next"] for rule in MACHINES[name].states[choice]["Choices"]}


def test_the_documents_show_every_picture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for name in MADE:
        assert f"](images/{name})" in text
