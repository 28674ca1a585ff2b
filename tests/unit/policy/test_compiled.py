"""The compiled policy is current, and a broken policy is refused with the place and the rule."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.policy.compilation import COMPILED, compiled
from local.policy.source import POLICY, PolicyError, read_policy

Change = Callable[[dict[str, Any]], object]


def test_the_compiled_files_are_what_their_sources_make() -> None:
    expected = compiled(read_policy())
    files = {path.name for path in COMPILED.iterdir() if path.is_file()}
    assert files == set(expected)
    for name, content in expected.items():
        assert (COMPILED / name).read_text("utf-8") == content, f"{name}: make it again"


def test_the_hash_is_the_policys() -> None:
    policy = read_policy()
    before = compiled(policy)["__init__.py"]
    policy["generation"]["negative_prompt"].append("blurry")
    assert compiled(policy)["__init__.py"] != before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: p.pop("images"), r"\$: 'images' is a required property"),
        (lambda p: p.update(extra=1), r"\$: .*'extra' was unexpected"),
        (
            lambda p: p["keywords"].update(combinations=[]),
            "minors together with sexual must always block",
        ),
        (
            lambda p: p["keywords"]["combinations"][0].update(action="warn"),
            "minors together with sexual must always block",
        ),
        (
            lambda p: p["keywords"]["combinations"][0].update(every=[["minors"], ["sexual"]]),
            "minors together with nudity must always block",
        ),
        (
            lambda p: p["keywords"]["categories"]["minors"].update(terms=[]),
            "minors is missing or has no terms",
        ),
        (lambda p: p.update(version=""), r"\$\.version: "),
        (
            lambda p: p["keywords"]["categories"]["nudity"].update(action="stop"),
            r"\$\.keywords\.categories\.nudity\.action: 'stop' is not one of",
        ),
        (
            lambda p: p["keywords"]["categories"]["nudity"]["terms"].append("Nude!"),
            r"\$\.keywords\.categories\.nudity\.terms\[\d+\]: 'Nude!' does not match",
        ),
        (
            lambda p: p["keywords"]["categories"]["nudity"]["stems"].append("nud"),
            r"\$\.keywords\.categories\.nudity\.stems\[2\]: 'nud' does not match",
        ),
        (
            lambda p: p["classifier"]["toxicity"]["SEXUAL"].update(threshold=1.5),
            r"\$\.classifier\.toxicity\.SEXUAL\.threshold: 1\.5 is greater than",
        ),
        (lambda p: p["classifier"].update(custom={}), r"\$\.classifier\.custom: "),
        (
            lambda p: p["classifier"]["toxicity"].update(
                SEXAUL=p["classifier"]["toxicity"]["SEXUAL"]
            ),
            r"\$\.classifier\.toxicity: 'SEXAUL' is not one of",
        ),
        (
            lambda p: p["classifier"]["guardrail"].pop("GUARDRAIL_INTERVENED"),
            r"\$\.classifier\.guardrail: 'GUARDRAIL_INTERVENED' is a required property",
        ),
        (
            lambda p: p["classifier"]["toxicity"]["SEXUAL"]["uncertain"].update({"from": 0.5}),
            r"classifier\.toxicity\.SEXUAL: uncertain\.from must be less than the threshold",
        ),
        (
            lambda p: p["classifier"]["languages"]["read"].update(toxicity=["en", "de"]),
            r"\$\.classifier\.languages\.read\.toxicity: \['en'\] was expected",
        ),
        (
            lambda p: p["images"]["rules"][0].update(label="Explict"),
            r"images\.rules: 'Explict' is no label of the taxonomy",
        ),
        (
            lambda p: p["images"]["rules"].append({**p["images"]["rules"][0], "threshold": 0.9}),
            r"images\.rules: 'Explicit' has two rules",
        ),
        (
            lambda p: p["images"]["rules"][0].update(label="Corpses"),
            r"images\.rules: 'Corpses' is a label of level 3, which can only be exempted",
        ),
        (
            lambda p: p["images"]["rules"][0].update(uncertain={"from": 0.5, "action": "review"}),
            r"images\.rules: 'Explicit': uncertain\.from must be less than the thresholds",
        ),
        (
            lambda p: p["images"]["rules"][0].update(action="allow"),
            r"\$\.images\.rules\[0\]: '\w*threshold' is not one of",
        ),
        (
            lambda p: p["images"]["blocked_hashes"]["hashes"].append({"hash": "FF", "note": ""}),
            r"\$\.images\.blocked_hashes\.hashes\[0\]\.hash: 'FF' does not match",
        ),
        (
            lambda p: p["generation"]["negative_prompt_by_label"].update(Gore=["gore"]),
            r"generation\.negative_prompt_by_label: 'Gore' is no label of the taxonomy",
        ),
        (
            lambda p: p["keywords"]["combinations"][0]["every"][0].append("children"),
            r"keywords\.combinations: minor_and_sexual names children, which is no category",
        ),
    ],
)
def test_a_broken_policy_is_refused_with_place_and_rule(
    change: Change, says: str, tmp_path: Path
) -> None:
    policy = json.loads(POLICY.read_text("utf-8"))
    change(policy)
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy), "utf-8")

    with pytest.raises(PolicyError, match=says) as refused:
        read_policy(path)
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize("text", ["{", '{"version": NaN}', '{"version": Infinity}'])
def test_what_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text, "utf-8")
    with pytest.raises(PolicyError, match="not JSON"):
        read_policy(path)


def test_every_category_has_an_action_in_the_compiled_lists() -> None:
    lists = json.loads((COMPILED / "keywords.json").read_text("utf-8"))
    for part in (lists, lists["negative"]):
        for kind in ("words", "phrases", "stems", "allow", "severities"):
            assert part[kind].keys() == part["actions"].keys()


def test_terms_may_be_in_any_script() -> None:
    policy = read_policy()
    policy["keywords"]["categories"]["nudity"]["terms"] += ["裸体", "größe", "nackt"]
    words = json.loads(compiled(policy)["keywords.json"])["words"]["nudity"].split()
    assert {"裸体", "grosse", "nackt"} <= set(words)
