"""What is asked for and what breaks is the same for the same seed, and traceable."""

import json

from bench.soak.chaos import counted, counters, injected, rules
from bench.soak.figures import line, percentiles
from bench.soak.plan import MODEL_FAULTS, name_in, plan
from local.faults.rules import rule_of


def test_the_same_seed_plans_the_same() -> None:
    assert plan(200, 3, 0.05) == plan(200, 3, 0.05)
    assert plan(200, 3, 0.05) != plan(200, 4, 0.05)


def test_every_kind_and_every_model_fault_comes_up() -> None:
    planned = plan(2000, 1, 0.05)
    assert len({submission.kind for submission in planned}) == 11
    assert {submission.fault for submission in planned} == {
        "",
        *(fault.name for fault in MODEL_FAULTS),
    }
    assert len({submission.name for submission in planned}) == 2000


def test_without_faults_no_model_misbehaves() -> None:
    assert {submission.fault for submission in plan(300, 1, 0.0)} == {""}


def test_an_execution_is_traced_to_what_was_sent() -> None:
    twin = plan(2000, 1, 0.0)
    pairs = [one for one in twin if one.kind == "twins" and one.door == "s3"]
    event = {"detail": {"object": {"key": f"prompts/soak/{pairs[1].name}.json"}}}
    assert name_in("random-name", json.dumps(event)) == pairs[1].name
    assert name_in(pairs[1].name, '{"request_id": "soak-999999"}') == pairs[1].name
    assert name_in("random-name", '{"metadata": {"name": "soak-000017"}}') == "soak-000017"
    assert name_in("random-name", "{}") == ""


def test_the_rules_are_rules_and_have_names_of_their_own() -> None:
    told = rules(0.05, 1, 100.0)
    for rule in [*told, *counters()]:
        rule_of(rule)
    assert len({rule["id"] for rule in told}) == len(told)
    assert len({rule["seed"] for rule in told}) == len(told)


def test_what_was_counted_is_told_from_what_was_injected() -> None:
    report = [
        {"id": "count: S3 reads", "seen": 3, "injected": 0},
        {"id": "count: S3 reads", "seen": 4, "injected": 0},
        {"id": "s3: lost", "seen": 9, "injected": 2},
    ]
    assert counted(report) == {"S3 reads": 7}
    assert injected(report) == {"s3: lost": 2}


def test_percentiles_are_of_what_was_measured() -> None:
    assert percentiles(range(1, 101)) == (50, 95, 99)
    assert percentiles([7.0]) == (7.0, 7.0, 7.0)


def test_a_line_and_what_it_misses() -> None:
    fitted = line([100, 500, 2000], [12.0, 52.0, 202.0])
    assert round(fitted.start, 6) == 2
    assert round(fitted.at(10_000), 6) == 1002
    assert max(map(abs, fitted.residuals)) < 1e-9
    assert max(map(abs, line([1, 2, 3], [1.0, 3.0, 2.0]).residuals)) > 0.5
