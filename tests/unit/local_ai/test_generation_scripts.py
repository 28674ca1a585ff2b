"""Every step for the generation endpoint, as its effect shows on the wire."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.running import StandIns

Invoke = Callable[..., dict[str, Any]]
Client = Callable[[str], Any]
REQUEST = {"prompt": "a red fox", "width": 256, "height": 256, "num_images_per_prompt": 2}


def pictures(engine: Any, name: str) -> list[Image.Image]:
    reply = json.loads(engine.objects[f"work/out/{name}.out"][0])
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in reply["generated_images"]]


def labels_of(client: Client, picture: Image.Image) -> list[tuple[str, float]]:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    answer = client("rekognition").detect_moderation_labels(Image={"Bytes": buffer.getvalue()})
    return [(row["Name"], row["Confidence"]) for row in answer["ModerationLabels"]]


def test_an_unsafe_picture_is_seen_by_the_moderator(
    invoke: Invoke, stand_ins: StandIns, engine: Any, client: Client
) -> None:
    step = {"picture": "unsafe", "label": "Blood & Gore", "confidence": 91.5}
    stand_ins.script(prompt="red fox", generation=[step, "safe"])

    for name in ("first", "second"):
        invoke(name, REQUEST)
        engine.wait_for(1)
        engine.notices.clear()

    expected = [("Violence", 91.5), ("Graphic Violence", 91.5), ("Blood & Gore", 91.5)]
    assert [labels_of(client, one) for one in pictures(engine, "first")] == [expected] * 2
    assert [labels_of(client, one) for one in pictures(engine, "second")] == [[], []]


def test_a_given_picture_is_answered_as_it_is(
    invoke: Invoke, stand_ins: StandIns, engine: Any
) -> None:
    given = io.BytesIO()
    Image.new("RGB", (320, 240), (10, 200, 30)).save(given, "PNG")
    encoded = base64.b64encode(given.getvalue()).decode()
    stand_ins.script(prompt="red fox", generation=[{"pictures": [{"given": encoded}, "safe"]}])

    invoke("given", REQUEST)
    engine.wait_for(1)

    first, second = pictures(engine, "given")
    assert (first.size, second.size) == ((320, 240), (256, 256))
    assert len(first.getcolors() or ()) == 1


def test_a_batch_may_be_mixed(
    invoke: Invoke, stand_ins: StandIns, engine: Any, client: Client
) -> None:
    stand_ins.script(prompt="RED fox", generation=[{"pictures": ["safe", "unsafe"]}])
    invoke("mixed", REQUEST)
    engine.wait_for(1)

    safe, unsafe = pictures(engine, "mixed")

    assert labels_of(client, safe) == []
    assert ("Graphic Violence", 97.0) in labels_of(client, unsafe)


@pytest.mark.parametrize(("step", "level"), [("black", (0, 0)), ("uniform", (128, 128))])
def test_black_and_uniform_pictures(
    invoke: Invoke, stand_ins: StandIns, engine: Any, step: str, level: tuple[int, int]
) -> None:
    stand_ins.script(prompt="fox", generation=[step])
    invoke("flat", REQUEST)
    engine.wait_for(1)
    assert [one.getextrema() for one in pictures(engine, "flat")] == [(level,) * 3] * 2


@pytest.mark.parametrize(
    ("step", "status", "reason"),
    [
        ("fail", "Failed", "server error (500)"),
        ({"outcome": "fail", "slow": 0.01}, "Failed", "server error (500)"),
        ("client-error", "Failed", "client error (400)"),
        ("fail-unexplained", "Failed", "server error (500)"),
        ("expire", "Expired", "expired"),
    ],
)
def test_told_failures(
    invoke: Invoke, stand_ins: StandIns, engine: Any, step: Any, status: str, reason: str
) -> None:
    stand_ins.script(prompt="fox", generation=[step])
    invoke("told", REQUEST)
    [(topic, notice)] = engine.wait_for(1)

    assert (topic, notice["invocationStatus"]) == ("error", status)
    assert reason in notice["failureReason"]
    assert "work/out/told.out" not in engine.objects
    explained = status == "Failed" and step != "fail-unexplained"
    assert ("work/fail/told-error.out" in engine.objects) == explained


def test_no_notice_one_notice_two_notices(invoke: Invoke, stand_ins: StandIns, engine: Any) -> None:
    stand_ins.script(prompt="fox", generation=["no-notice", "notice-twice", "no-output"])
    for name in ("silent", "twice", "nothing"):
        invoke(name, REQUEST)
    notices = engine.wait_for(3)

    assert sorted(notice["inferenceId"] for _, notice in notices) == ["nothing", "twice", "twice"]
    assert "work/out/silent.out" in engine.objects
    assert "work/out/nothing.out" not in engine.objects


def test_a_notice_may_be_early_or_late(invoke: Invoke, stand_ins: StandIns, engine: Any) -> None:
    stand_ins.script(prompt="fox", generation=[{"output_after": 0.3}, {"notice_after": 0.3}])
    invoke("early", REQUEST)
    engine.wait_for(1)
    assert "work/out/early.out" not in engine.objects
    invoke("late", REQUEST)
    assert engine.wait_for(2)[1][1]["inferenceId"] == "late"
    assert {"work/out/early.out", "work/out/late.out"} <= engine.objects.keys()


def test_somebody_elses_picture_and_one_of_the_wrong_size(
    invoke: Invoke, stand_ins: StandIns, engine: Any
) -> None:
    stand_ins.script(prompt="fox", generation=["usual", "somebody-elses", "wrong-size"])
    for name in ("mine", "theirs", "small"):
        invoke(name, REQUEST)
    engine.wait_for(3)
    mine, theirs, small = (pictures(engine, name)[0] for name in ("mine", "theirs", "small"))
    assert mine.size == theirs.size
    assert mine.tobytes() != theirs.tobytes()
    assert json.loads(engine.objects["work/out/theirs.out"][0])["prompt"] != REQUEST["prompt"]
    assert small.size == (mine.width // 2, mine.height // 2)


def spoilt(invoke: Invoke, stand_ins: StandIns, engine: Any, step: str) -> bytes:
    stand_ins.script(prompt="fox", generation=[step])
    invoke("spoilt", REQUEST)
    assert engine.wait_for(1)[0][0] == "success"
    body: bytes = engine.objects["work/out/spoilt.out"][0]
    return body


@pytest.mark.parametrize("step", ["malformed", "truncated", "empty"])
def test_replies_that_are_no_json(
    invoke: Invoke, stand_ins: StandIns, engine: Any, step: str
) -> None:
    body = spoilt(invoke, stand_ins, engine, step)
    assert (body == b"") == (step == "empty")
    with pytest.raises(ValueError, match=r"Expecting value|Unterminated string"):
        json.loads(body)


def test_replies_with_broken_or_no_pictures(
    invoke: Invoke, stand_ins: StandIns, engine: Any
) -> None:
    spoilt(invoke, stand_ins, engine, "corrupt-image")
    broken = pictures(engine, "spoilt")
    assert len(broken) == 2
    with pytest.raises(OSError, match="truncated"):
        broken[0].load()

    engine.notices.clear()
    assert json.loads(spoilt(invoke, stand_ins, engine, "no-images"))["generated_images"] == []


def test_an_invocation_refused_once(invoke: Invoke, stand_ins: StandIns, engine: Any) -> None:
    stand_ins.script(prompt="fox", generation=[{"invoke_error": "ServiceUnavailable"}, "safe"])

    with pytest.raises(ClientError) as refused:
        invoke("refused", REQUEST)
    assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503

    invoke("taken", REQUEST)
    assert engine.wait_for(1)[0][1]["inferenceId"] == "taken"
    assert stand_ins.calls("InvokeEndpointAsync", "red fox") == 2
