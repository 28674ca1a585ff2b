"""`safelight policy`: what each subcommand says, and how it says no."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console
from unit.local_cli.test_record_view import RECORD

from local import cli, running_instance
from local.ai.vision import published
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.commands.record_view import print_record
from local.commands.run_local import published_policies
from local.policy.source import POLICY
from shared.bundle import read_bundle
from shared.policy import ACTIVE_KEY, SHADOW_KEY

SUBCOMMANDS = (
    *("check", "compile", "diff", "explain", "explain-image", "import-terms", "replay", "publish"),
)
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running_instance, "_NOTE", tmp_path / "local.json")


@pytest.fixture
def stricter(tmp_path: Path) -> str:
    """A policy that differs from the shipped one in one threshold and one negative prompt."""
    policy = json.loads(POLICY.read_text("utf-8"))
    policy["version"] = "stricter"
    policy["classifier"]["toxicity"]["PROFANITY"]["threshold"] = 0.5
    path = tmp_path / "stricter.json"
    path.write_text(json.dumps(policy), "utf-8")
    return str(path)


def told(capsys: Output, *line: str) -> str:
    assert cli.main(["policy", *line]) == SUCCESS
    return capsys.readouterr().out


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_helps_with_examples(name: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["policy", name, "--help"])
    assert ended.value.code == SUCCESS
    assert f"safelight policy {name}" in capsys.readouterr().out.partition("examples:")[2]


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["burn"],
        ["diff", "one.json"],
        ["explain"],
        ["explain", "a pond", "--backend", "guess"],
        ["import-terms", "words.txt"],
        ["import-terms", "words.txt", "--category", "c", "--action", "maybe"],
        ["replay", "--limit", "many"],
        ["replay", "--limit", "0"],
        ["replay", "--limit", "1.5"],
    ],
)
def test_nonsense_is_a_usage_error(line: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["policy", *line])
    assert ended.value.code == 2
    assert "usage: safelight policy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["check", "no-such.json"], "cannot read the policy no-such.json"),
        (["diff", str(POLICY), __file__], "not JSON"),
        (["explain", ""], "would end as INVALID"),
        (["explain-image", "no-such.png"], "cannot read no-such.png"),
        (["import-terms", "no-such.txt", "--category", "hate"], "cannot read no-such.txt"),
        (
            ["import-terms", __file__, "--category", "hate", "--action", "warn"],
            "leave --action and --severity out",
        ),
        (
            ["import-terms", __file__, "--category", "No Name"],
            "is no name for a category",
        ),
        (
            ["import-terms", __file__, "--category", "hate", "--benign", "no-such.txt"],
            "cannot read the harmless prompts in no-such.txt",
        ),
        (["replay", "--records", __file__], "cannot read records"),
        (["replay"], "no local stack is running"),
        (["publish"], "no local stack is running"),
    ],
)
def test_refusals_say_what_to_do(line: list[str], says: str, capsys: Output) -> None:
    assert cli.main(["policy", *line]) == FAILED
    assert says in capsys.readouterr().err


def test_a_prompt_is_explained_layer_by_layer(capsys: Output) -> None:
    text = told(capsys, "explain", "a n.u.d.e man", "--negative", "clothes, text")
    assert "prompt: a n.u.d.e man\n          ~~~~~~~" in text
    assert "negative prompt: clothes, text\n                 ~~~~~~~" in text
    assert "Keyword filter: block" in text
    assert "by the stand-in local-" in text
    assert "not AWS's model" in text
    assert text.endswith("BLOCKED_PROMPT by FilterKeywords\n")


def test_what_only_counts_is_shown_with_what_it_leads_to(capsys: Output) -> None:
    explained = json.loads(told(capsys, "explain", "a nude child", "--warn", "--json"))
    actions = {match["category"]: match["action"] for match in explained["keywords"]["matches"]}
    assert actions["minors"] == "count"
    assert "minor_and_sexual" in told(capsys, "explain", "a nude child", "--warn")


def test_a_harmless_prompt_goes_on(capsys: Output) -> None:
    explained = json.loads(told(capsys, "explain", "a quiet harbour at dawn", "--json"))
    assert explained["verdict"].startswith("goes on to the generator")
    assert explained["keywords"]["verdict"] == explained["classifier"]["verdict"] == "clean"
    assert explained["classifier"]["scores"]["SEXUAL"] < 0.5


def test_a_policy_file_of_ones_own_is_tried(capsys: Output, stricter: str) -> None:
    text = told(capsys, "diff", str(POLICY), stricter)
    assert "classifier.toxicity.PROFANITY.threshold" in text
    (version, threshold) = json.loads(told(capsys, "diff", str(POLICY), stricter, "--json"))
    assert (version["place"], threshold["added"]) == ("version", ["0.5"])
    assert told(capsys, "diff", stricter, stricter) == "They say the same.\n"


def test_terms_are_shown_before_they_are_taken(
    capsys: Output, stricter: str, tmp_path: Path
) -> None:
    words, benign = tmp_path / "words.txt", tmp_path / "benign.txt"
    words.write_text("# mine\nquiet pond\nxy\nnude\n", "utf-8")
    benign.write_text("a quiet pond at dawn\na lighthouse\n", "utf-8")
    line = ["import-terms", str(words), "--category", "hate", "--policy", stricter]
    before = Path(stricter).read_text("utf-8")

    text = told(capsys, *line, "--benign", str(benign))

    assert "1 new for hate, 1 found by the filter already." in text
    assert "too short to be told from parts of other words: line 3" in text
    assert "Of 2 harmless prompts" in text
    assert "a quiet pond at dawn" in text
    assert Path(stricter).read_text("utf-8") == before

    assert "Wrote" in told(capsys, *line, "--benign", str(benign), "--write")
    taken = json.loads(Path(stricter).read_text("utf-8"))
    assert taken["keywords"]["categories"]["hate"]["phrases"][-1] == "quiet pond"
    assert "Nothing to take." in told(capsys, *line)


def test_a_list_that_is_not_utf8_is_refused_with_its_lines(capsys: Output, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_bytes("fine\nschön\n".encode("latin-1"))
    assert cli.main(["policy", "import-terms", str(words), "--category", "hate"]) == FAILED
    assert "not UTF-8 in line 2" in capsys.readouterr().err


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moderator goes by markers alone: fast, and the same whether the network was fetched."""

    def unavailable() -> None:
        raise published.ModelUnavailable("not here")

    monkeypatch.setattr(published, "load_network", unavailable)


def test_a_picture_is_explained(capsys: Output, tmp_path: Path, without_network: None) -> None:
    picture = tmp_path / "noise.png"
    Image.effect_noise((256, 256), 80).convert("RGB").save(picture)
    text = told(capsys, "explain-image", str(picture))
    assert "256" in text
    assert "stand-in local-" in text
    assert text.endswith("safe\n")

    explained = json.loads(told(capsys, "explain-image", str(picture), "--json"))
    policy = json.loads(POLICY.read_text("utf-8"))
    listed = {"hash": explained["stored"]["phash"], "note": "seen here"}
    policy["images"]["blocked_hashes"] = {"max_distance": 4, "hashes": [listed]}
    stricter = tmp_path / "listed.json"
    stricter.write_text(json.dumps(policy), "utf-8")
    text = told(capsys, "explain-image", str(picture), "--policy", str(stricter))
    assert "blocked_hash" in text
    assert text.endswith("unsafe\n")

    Image.new("RGB", (256, 256)).save(picture)
    explained = json.loads(told(capsys, "explain-image", str(picture), "--json"))
    assert (explained["verdict"], explained["model"]) == ("filtered", "")
    assert explained["stored"]["filtered_because"] == "black"

    picture.write_bytes(b"no picture")
    assert "MalformedReply" in told(capsys, "explain-image", str(picture))


class Stack:
    """A deployed stack, as far as publishing and replaying need it."""

    name = "mine"

    def __init__(self) -> None:
        self.outputs = {"PolicyBucket": "policies"}
        self.put: dict[str, bytes] = {}

    def publish_policy(self, key: str, bundle: bytes) -> str:
        self.put[key] = bundle
        return "v7"

    def parameters(self) -> dict[str, str]:
        return {"PolicySource": "bucket", "ShadowPolicy": "false"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack = Stack()
    monkeypatch.setattr(which_stack, "which_stack", lambda _: stack)
    return stack


def test_what_is_published_is_whole_and_checked(
    capsys: Output, stack: Stack, stricter: str
) -> None:
    text = told(capsys, "publish", stricter)
    bundle = read_bundle(stack.put[ACTIVE_KEY])
    assert bundle["version"] == "stricter"
    assert bundle["parts"]["classifier"]["toxicity"]["PROFANITY"]["threshold"] == 0.5
    assert f"({bundle['hash']}) as s3://policies/{ACTIVE_KEY}" in text
    assert "object version v7" in text
    assert "does not read it" not in text


def test_a_shadow_that_nobody_reads_is_told(capsys: Output, stack: Stack, stricter: str) -> None:
    text = told(capsys, "publish", stricter, "--shadow")
    assert list(stack.put) == [SHADOW_KEY]
    assert "start it with `safelight local --shadow-policy FILE`" in text
    text = told(capsys, "publish", stricter, "--shadow", "--stack", "mine")
    assert "deploy it with ShadowPolicy=true" in text


def test_a_broken_policy_is_not_published(capsys: Output, stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"version": "x"}', "utf-8")
    assert cli.main(["policy", "publish", str(path)]) == FAILED
    assert stack.put == {}
    stack.outputs.clear()
    assert cli.main(["policy", "publish"]) == FAILED
    assert "deploy this version of the template first" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["list", "lines"])
def test_an_export_is_replayed(form: str, capsys: Output, tmp_path: Path) -> None:
    blocked = {
        "request_id": "one",
        "status": "BLOCKED_PROMPT",
        "stage": "FilterKeywords",
        "prompt": "a quiet pond",
        "reasons": [],
    }
    records = [blocked, {"request_id": "two", "status": "FAILED", "stage": "StoreImages"}]
    path = tmp_path / "records.json"
    lines = "\n".join(map(json.dumps, records))
    path.write_text(json.dumps(records) if form == "list" else lines, "utf-8")

    text = told(capsys, "replay", "--records", str(path))

    assert "1 decisions judged again" in text
    assert "1 would change" in text
    assert "1 more are open, invalid or failed" in text
    (result,) = json.loads(told(capsys, "replay", "--records", str(path), "--json"))
    assert (result["was"], result["now"]) == ("BLOCKED_PROMPT", "passes on")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"request_id": "one"}', "record 1: $: 'status' is a required property"),
        (
            '[{"request_id": "one", "status": "COMPLETED", "stage": "x", "reasons": "none"}]',
            "record 1: $.reasons: 'none' is not of type 'array'",
        ),
        (
            '{"request_id": "one", "status": "FAILED", "stage": "x"}\n{"request_id": ',
            "line 2: not JSON",
        ),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_are_no_records_is_told_by_its_place(
    content: str, says: str, capsys: Output, tmp_path: Path
) -> None:
    path = tmp_path / "records.json"
    path.write_text(content, "utf-8")
    assert cli.main(["policy", "replay", "--records", str(path)]) == FAILED
    assert says in capsys.readouterr().err


def test_a_bottomless_policy_is_refused(capsys: Output, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("[" * 100_000, "utf-8")
    assert cli.main(["policy", "check", str(path)]) == FAILED
    assert "policy.json: not JSON" in capsys.readouterr().err


def test_a_category_that_is_new_is_told(capsys: Output, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("glimmerfrost\n", "utf-8")
    text = told(capsys, "import-terms", str(words), "--category", "brands", "--action", "warn")
    assert "brands will be a new category: warn, medium." in text
    assert "0 would newly be found.\n" in text


def test_a_record_shows_what_its_shadow_would_have_decided() -> None:
    stages: list[dict[str, Any]] = [
        {"stage": "FilterKeywords", "verdict": "block", "differs": True, "reasons": []},
        {"stage": "ModerateImages", "error": "PolicyUnavailable"},
    ]
    shadow = {"policy_hash": "5177830c9d6cab", "differs": True, "stages": stages}
    out = io.StringIO()
    print_record(Console(file=out, width=120), RECORD | {"shadow": shadow})
    assert "Shadow policy 5177830c9d6c, not enforced" in out.getvalue()
    assert "no verdict: PolicyUnavailable" in out.getvalue()


def test_the_local_stack_takes_policies_too(stricter: str) -> None:
    args = cli.parser().parse_args(["local", "--shadow-policy", stricter])
    published = published_policies(args)
    assert read_bundle(published[ACTIVE_KEY])["version"] != "stricter"
    assert read_bundle(published[SHADOW_KEY])["version"] == "stricter"
