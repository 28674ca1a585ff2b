"""Every step for Comprehend and Rekognition, as its effect shows on the wire; scripts at large."""

import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.classifier.model import UNSAFE, shipped
from local.ai.running import StandIns

Client = Callable[[str], Any]


def toxicity(client: Client, text: str = "a red fox") -> Any:
    return client("comprehend").detect_toxic_content(
        TextSegments=[{"Text": text}, {"Text": "in snow"}], LanguageCode="en"
    )


def unsafe_score(client: Client) -> float:
    answer = client("comprehend").classify_document(
        Text="a red fox",
        EndpointArn="arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/local-a",
    )
    return float({row["Name"]: row["Score"] for row in answer["Classes"]}["unsafe"])


def test_told_classifications(stand_ins: StandIns, client: Client) -> None:
    told = {"label": "SEXUAL", "score": 0.9}
    stand_ins.script(prompt="fox", comprehend=["unsafe", told, "unsafe", "safe", "usual"])

    assert [row["Toxicity"] for row in toxicity(client)["ResultList"]] == [0.97, 0.97]
    labels = toxicity(client)["ResultList"][0]["Labels"]
    assert max(labels, key=lambda row: row["Score"]) == {"Name": "SEXUAL", "Score": 0.9}
    assert [unsafe_score(client) for _ in range(2)] == [0.97, 0.01]
    assert unsafe_score(client) == shipped().scores("a red fox")[UNSAFE]


def test_told_classifier_faults(stand_ins: StandIns, client: Client) -> None:
    errors = [{"error": "ThrottlingException"}, {"error": "InternalServerException"}]
    stand_ins.script(
        prompt="fox", comprehend=[*errors, "empty", "unknown-label", {"slow": 0.2}, "malformed"]
    )

    codes = []
    for _ in errors:
        with pytest.raises(ClientError) as fault:
            toxicity(client)
        codes.append((fault.value.response["Error"]["Code"],
                      fault.value.response["ResponseMetadata"]["HTTPStatusCode"]))  # fmt: skip
    assert codes == [("ThrottlingException", 400), ("InternalServerException", 500)]
    assert toxicity(client)["ResultList"] == []
    names = [row["Name"] for row in toxicity(client)["ResultList"][1]["Labels"]]
    assert names == ["SOMETHING_ELSE"]
    started = time.monotonic()
    toxicity(client)
    assert time.monotonic() - started >= 0.2
    assert "ResultList" not in toxicity(client)
    assert stand_ins.calls("DetectToxicContent", "fox") == 6


def moderate(engine: Any, client: Client, key: str) -> Any:
    buffer = io.BytesIO()
    Image.new("RGB", (128, 128)).save(buffer, "PNG")
    engine.put(f"work/{key}", buffer.getvalue())
    return client("rekognition").detect_moderation_labels(
        Image={"S3Object": {"Bucket": "work", "Name": key}}
    )


def test_told_moderation(stand_ins: StandIns, engine: Any, client: Client) -> None:
    own = {"name": "Clowns", "confidence": 80, "parent": "Circus", "level": 2}
    steps = [{"labels": ["Weapons", own]}, {"model_version": "8.0"}, "empty", "safe", "usual"]
    stand_ins.script(key="run-1/attempt", rekognition=steps)

    told = moderate(engine, client, "run-1/attempt-1.jpg")
    rows = [(row["Name"], row["ParentName"], row["TaxonomyLevel"], row["Confidence"])
            for row in told["ModerationLabels"]]  # fmt: skip
    assert rows == [("Violence", "", 1, 97.0), ("Weapons", "Violence", 2, 97.0),
                    ("Clowns", "Circus", 2, 80.0)]  # fmt: skip
    assert told["ContentTypes"] == []
    newer = moderate(engine, client, "run-1/attempt-1.jpg")
    assert (newer["ModerationModelVersion"], newer["ModerationLabels"]) == ("8.0", [])
    assert "ModerationLabels" not in moderate(engine, client, "run-1/attempt-1.jpg")
    assert moderate(engine, client, "run-1/attempt-1.jpg")["ModerationLabels"] == []
    other = moderate(engine, client, "run-2/attempt-1.jpg")
    assert other["ModerationModelVersion"].startswith("local-")
    assert stand_ins.calls("DetectModerationLabels", "run-1/") == 4
    assert stand_ins.calls("DetectModerationLabels") == 5


def test_a_told_moderation_error(stand_ins: StandIns, engine: Any, client: Client) -> None:
    stand_ins.script(key="work/", rekognition=[{"error": "ThrottlingException"}, "usual"])
    with pytest.raises(ClientError, match="ThrottlingException"):
        moderate(engine, client, "any.png")
    assert moderate(engine, client, "any.png")["ModerationLabels"] == []


@pytest.mark.parametrize(
    "told",
    [
        {"prompt": "x"},
        {"generation": ["safe"]},
        {"prompt": "", "generation": ["safe"]},
        {"prompt": "x", "generation": []},
        {"prompt": "x", "generation": ["explode"]},
        {"prompt": "x", "generation": [{"picture": "unsafe", "label": "Clowns"}]},
        {"prompt": "x", "generation": [{"given": "bm8gcGljdHVyZQ=="}]},
        {"prompt": "x", "generation": [{"given": "no base64"}]},
        {"prompt": "x", "generation": [{"text": "x" * 35}]},
        {"prompt": "x", "detect_text": ["empty"]},
        {"key": "x", "detect_text": ["sideways"]},
        {"prompt": "x", "generation": [{"speed": 3}]},
        {"prompt": "x", "comprehend": [{"label": "CLOWNS"}]},
        {"prompt": "x", "rekognition": ["empty"]},
        {"prompt": "x", "key": "y", "generation": ["safe"]},
        {"key": "x", "rekognition": ["explode"]},
    ],
)
def test_a_script_that_is_none_is_refused(stand_ins: StandIns, told: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="POST scripts"):
        stand_ins.script(**told)


def test_the_script_told_last_decides_and_reset_forgets_all(
    stand_ins: StandIns, client: Client
) -> None:
    stand_ins.script(prompt="fox", comprehend=["safe"])
    stand_ins.script(prompt="red", comprehend=["unsafe"])
    assert unsafe_score(client) == 0.97
    stand_ins.reset()
    assert unsafe_score(client) == shipped().scores("a red fox")[UNSAFE]
    assert stand_ins.calls("ClassifyDocument") == 1
