"""Lists of terms as others write them, taken into the policy without spoiling its layout."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest

from local.policy.import_terms import newly_found, sort_terms, with_terms, written
from local.policy.source import POLICY, read_policy
from local.policy.term_file import Line, read_terms
from local.policy.trial import Trial


@pytest.fixture(scope="module")
def policy() -> dict[str, Any]:
    return read_policy()


@pytest.fixture(scope="module")
def trial(policy: dict[str, Any]) -> Trial:
    return Trial(policy)


def read(tmp_path: Path, content: bytes) -> tuple[list[tuple[int, str]], list[int]]:
    path = tmp_path / "terms"
    path.write_bytes(content)
    lines, unreadable = read_terms(path)
    return [(line.number, line.text) for line in lines], unreadable


def test_comments_and_blank_lines_are_no_terms(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf# list\n\nalpha\r\n// more\n  beta gamma \n"
    assert read(tmp_path, content) == ([(3, "alpha"), (5, "beta gamma")], [])


def test_of_a_csv_the_first_column_is_read(tmp_path: Path) -> None:
    content = b'word,severity\nalpha,3\n"beta, gamma",2\n'
    assert read(tmp_path, content) == ([(2, "alpha"), (3, "beta, gamma")], [])


def test_without_columns_the_first_line_is_a_term_whatever_it_says(tmp_path: Path) -> None:
    assert read(tmp_path, b"word\nalpha\n") == ([(1, "word"), (2, "alpha")], [])


def test_lines_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, "ä\nalpha\nö\n".encode("latin-1")) == ([(2, "alpha")], [1, 3])


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"") == ([], [])


def test_terms_are_sorted_by_what_becomes_of_them(policy: dict[str, Any], trial: Trial) -> None:
    entries = ["Grimble", "grimble", "swamp_fight", "NUDE", "n u d e", "xy", "???", "ねこねこ"]
    lines = [Line(number, text) for number, text in enumerate(entries, 1)]

    result = sort_terms(lines, policy, trial)

    assert result.new == ["grimble", "swamp fight", "ねこねこ"]
    assert result.known == ["grimble", "nude", "n u d e"]
    assert [line.number for line in result.respelled] == [3]
    assert [line.number for line in result.too_short] == [6]
    assert [line.number for line in result.unusable] == [7]


def test_what_would_newly_be_found_is_shown(policy: dict[str, Any], trial: Trial) -> None:
    changed = with_terms(policy, "violence", ["harbour", "quiet pond"], {})
    prompts = ["a harbour at dawn", "a quiet pond", "a nude harbour", "a pond"]

    found = newly_found(trial, Trial(changed), prompts)

    assert [prompt for prompt, _ in found] == ["a harbour at dawn", "a quiet pond"]
    assert [reason["term"] for _, reason in found] == ["harbour", "quiet pond"]


def test_the_files_layout_stays(policy: dict[str, Any]) -> None:
    text = POLICY.read_text("utf-8")
    many = [f"grimble{number}" for number in range(30)]
    changed = with_terms(policy, "violence", [*many, "swamp fight"], {})

    result = written(text, policy, changed, "violence")

    assert json.loads(result) == changed
    differing = [
        line for line in difflib.ndiff(text.splitlines(), result.splitlines()) if line[0] in "+-"
    ]
    assert len([line for line in differing if line[0] == "-"]) == 2, (
        "each list's last line: a comma"
    )
    assert max(map(len, differing)) < 120


@pytest.mark.parametrize("listed", ["[]", '["a"]', '[\n  "a"\n]', "[ ]"])
def test_a_list_of_any_layout_can_be_added_to(listed: str) -> None:
    policy = {"keywords": {"categories": {"c": {"terms": json.loads(listed), "phrases": []}}}}
    text = json.dumps(policy).replace(json.dumps(json.loads(listed)), listed, 1)
    changed = with_terms(policy, "c", ["x", "y z"], {})
    result = written(text, policy, changed, "c")
    assert json.loads(result) == changed
    assert len(result.splitlines()) <= len(text.splitlines()) + 1


def test_a_new_category_is_put_in(policy: dict[str, Any]) -> None:
    text = POLICY.read_text("utf-8")
    made = {"severity": "low", "action": "warn"}
    changed = with_terms(policy, "brands", ["grimble"], made)

    result = written(text, policy, changed, "brands")

    assert json.loads(result) == changed
    assert set(text.splitlines()) <= set(result.splitlines())
    assert changed["keywords"]["categories"]["brands"]["action"] == "warn"


def test_any_other_layout_is_written_anew(policy: dict[str, Any]) -> None:
    changed = with_terms(policy, "violence", ["grimble"], {})
    odd = json.dumps(policy).replace('"terms"', '"t\\u0065rms"')
    assert json.loads(written(odd, policy, changed, "violence")) == changed


def test_the_policy_given_stays_as_it_is(policy: dict[str, Any]) -> None:
    before = json.dumps(policy)
    with_terms(policy, "violence", ["grimble"], {})
    assert json.dumps(policy) == before
