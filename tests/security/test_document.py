"""docs/security.md says what the template says."""

import json
import re
from typing import Any

from security.iam import Need, Statement, allows
from security.roles_table import HEADER, rows
from security.stack import ROOT, Stack, transformed
from security.test_roles import FORCED

TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
LINES = TEXT.splitlines()


def test_every_role_is_told_of() -> None:
    start = LINES.index(HEADER[0])
    told = LINES[start : LINES.index("", start)]
    assert told == [*HEADER, *rows()], (
        "docs/security.md, table of roles: `PYTHONPATH=.:tests python -m security.roles_table`"
    )


def test_every_forced_wildcard_has_its_reason() -> None:
    section = TEXT.partition("### Wildcards that AWS forces")[2].partition("\n## ")[0]
    told = set(re.findall(r"\b[a-z][a-z-]*:[A-Z]\w+", section))
    traces = {action for action in told if action.startswith("xray:")}
    assert told - traces == {action for _, action in FORCED}


def test_the_keys_policy_names_every_service_that_needs_it() -> None:
    (policy,) = _policies("## A key of your own")
    services = {
        service
        for statement in policy["Statement"]
        for service in _services(statement["Principal"])
    }
    queues = Stack().of_type("AWS::SQS::QueuePolicy").values()
    senders = {
        statement["Principal"]["Service"]
        for queue in queues
        for statement in queue["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    logs = {"logs.us-east-1.amazonaws.com", "delivery.logs.amazonaws.com"}
    assert services == senders | logs


def test_the_policies_for_callers_keep_requesters_from_the_desk() -> None:
    requesters, reviewers = (
        [Statement.of(policy["Statement"])] for policy in _policies("## Who sees what of a request")
    )
    paths = transformed()["Resources"]["SafelightApi"]["Properties"]["Body"]["paths"]
    here = "arn:aws:execute-api:us-east-1:111122223333:API_ID/api"
    routes = [(verb.upper(), path) for path, verbs in paths.items() for verb in verbs]
    for verb, path in routes:
        need = Need("execute-api:Invoke", f"{here}/{verb}{path}")
        assert allows(reviewers, need) is path.startswith("/reviews"), path
        assert verb == "OPTIONS" or allows(requesters, need) is not path.startswith("/reviews")


def test_files_and_parameters_that_it_names_are_there() -> None:
    for path in re.findall(r"`((?:functions|tests)/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path
    parameters = transformed()["Parameters"]
    for name in ("KmsKeyArn", "GeneratorRoleArn", "ReservedConcurrency", "Tracing"):
        assert f"`{name}`" in TEXT
        assert name in parameters


def test_the_arithmetic_of_concurrency_counts_the_functions() -> None:
    count = len(Stack().of_type("AWS::Lambda::Function"))
    assert f"With 20, {count} x 20 = {20 * count} places" in TEXT, "docs/security.md, Concurrency"


def _policies(heading: str) -> list[dict[str, Any]]:
    """The policies in a section."""
    section = TEXT.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return [json.loads(one) for one in re.findall(r"```json\n(.+?)```", section, re.DOTALL)]


def _services(principal: dict[str, str | list[str]]) -> list[str]:
    services = principal.get("Service", [])
    return [services] if isinstance(services, str) else services
