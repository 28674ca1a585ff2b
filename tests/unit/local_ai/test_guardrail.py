"""ApplyGuardrail over the wire: shapes, error names, and degrees of confidence."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.guardrail import FILTERS, NAME, assessed
from local.ai.running import StandIns

Client = Callable[[str], Any]
ARN = "arn:aws:bedrock:us-east-1:000000000000:guardrail/local1"


def apply(client: Client, text: str, identifier: str = ARN, **more: Any) -> Any:
    return client("bedrock-runtime").apply_guardrail(
        guardrailIdentifier=identifier,
        guardrailVersion="1",
        source="INPUT",
        content=[{"text": {"text": text}}],
        **more,
    )


def degrees(answer: Any) -> dict[str, str]:
    return {
        row["type"]: row["confidence"]
        for assessment in answer["assessments"]
        for row in assessment.get("contentPolicy", {}).get("filters", ())
    }


@pytest.mark.usefixtures("stand_ins")
def test_a_full_answer_lists_every_filter(client: Client) -> None:
    answer = apply(client, "a naked man", outputScope="FULL")
    assert degrees(answer).keys() == FILTERS.keys()
    assert degrees(answer)["SEXUAL"] == "HIGH"
    assert degrees(answer)["MISCONDUCT"] == "NONE"
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    assert answer["usage"]["contentPolicyUnits"] == 1
    assert answer["guardrailCoverage"]["textCharacters"] == {"guarded": 11, "total": 11}
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-safelight-stand-in"] == NAME


@pytest.mark.usefixtures("stand_ins")
def test_without_the_full_scope_only_what_was_found_is_told(client: Client) -> None:
    assert degrees(apply(client, "a quiet lake")) == {}
    assert apply(client, "a quiet lake")["action"] == "NONE"
    assert degrees(apply(client, "a naked man")) == {"SEXUAL": "HIGH"}


@pytest.mark.parametrize(
    ("score", "confidence", "action"),
    [
        (0.19, "NONE", "NONE"),
        (0.2, "LOW", "NONE"),
        (0.5, "MEDIUM", "GUARDRAIL_INTERVENED"),
        (0.8, "HIGH", "GUARDRAIL_INTERVENED"),
    ],
)
def test_scores_have_their_degrees(score: float, confidence: str, action: str) -> None:
    answer = assessed({"HATE": score}, 1_001)
    assert degrees(answer) == {"HATE": confidence}
    assert answer["action"] == action
    assert answer["usage"]["contentPolicyUnits"] == 2


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    ("text", "identifier", "more", "code", "status"),
    [
        ("x", ARN.replace("local1", "abc"), {}, "ResourceNotFoundException", 404),
        ("x", "abc", {}, "ResourceNotFoundException", 404),
        ("", "local1", {}, "ValidationException", 400),
    ],
)
def test_refusals(
    client: Client, text: str, identifier: str, more: Any, code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        apply(client, text, identifier, **more)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_told_assessments(stand_ins: StandIns, client: Client) -> None:
    told = {"label": "HATE", "score": 0.3}
    stand_ins.script(
        prompt="fox", guardrail=["unsafe", told, "empty", {"error": "ThrottlingException"}]
    )
    assert degrees(apply(client, "a fox"))["VIOLENCE"] == "HIGH"
    assert degrees(apply(client, "a fox"))["HATE"] == "LOW"
    assert "action" not in apply(client, "a fox")
    with pytest.raises(ClientError, match="ThrottlingException"):
        apply(client, "a fox")
    assert stand_ins.calls("ApplyGuardrail", "a fox") == 4


@pytest.mark.parametrize("step", [{"label": "SEXAUL"}, "safe-ish", {"language": "de"}])
def test_steps_that_are_none(stand_ins: StandIns, step: object) -> None:
    with pytest.raises(RuntimeError, match="POST scripts"):
        stand_ins.script(prompt="fox", guardrail=[step])
