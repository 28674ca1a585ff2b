"""The endpoint as a queue with workers: backlog, age, time-outs, and a bad S3 or SNS."""

import json
from collections.abc import Callable
from typing import Any

from local.ai.running import StandIns

Invoke = Callable[..., dict[str, Any]]
REQUEST = {"prompt": "a red fox in the snow", "width": 256, "height": 256, "seed": 7}


def test_a_backlog_is_visible_and_ages(invoke: Invoke, stand_ins: StandIns, engine: Any) -> None:
    stand_ins.register_endpoint(
        "slow", output_path="s3://work/out", error_topic="arn:aws:sns:us-east-1:0:error",
        success_topic="arn:aws:sns:us-east-1:0:success", workers=1, time_scale=300,
    )  # fmt: skip
    stand_ins.script(prompt="fox", generation=[{"slow": 0.4}, "safe"])

    for name in ("first", "second", "third"):
        invoke(name, REQUEST, EndpointName="slow", RequestTTLSeconds=60)

    waiting = stand_ins.endpoint_state("slow")
    assert (waiting["backlog"], waiting["running"]) == (2, 1)
    statuses = [notice["invocationStatus"] for _, notice in engine.wait_for(3)]
    assert statuses == ["Completed", "Expired", "Expired"]
    assert [topic for topic, _ in engine.notices] == ["success", "error", "error"]
    assert stand_ins.endpoint_state("slow")["expired"] == 2


def test_a_slow_model_runs_into_the_time_out(
    invoke: Invoke, stand_ins: StandIns, engine: Any
) -> None:
    stand_ins.register_endpoint(
        "timed", output_path="s3://work/out", failure_path="s3://work/fail",
        error_topic="arn:aws:sns:us-east-1:0:error", time_scale=100,
    )  # fmt: skip
    stand_ins.script(prompt="fox", generation=[{"slow": 60}])

    invoke("late", REQUEST, EndpointName="timed", InvocationTimeoutSeconds=10)

    assert engine.wait_for(1)[0][1]["invocationStatus"] == "Failed"
    failure = json.loads(engine.objects["work/fail/late-error.out"][0])
    assert "InvocationTimeoutSeconds" in failure["message"]


def test_a_refused_notice_is_sent_again(invoke: Invoke, stand_ins: StandIns, engine: Any) -> None:
    engine.refuse_notices = 1
    invoke("again", REQUEST)
    assert engine.wait_for(1)[0][1]["inferenceId"] == "again"


def test_an_output_that_cannot_be_stored_is_a_failure(invoke: Invoke, engine: Any) -> None:
    engine.refuse_objects = True
    try:
        invoke("unstored", REQUEST)
        assert engine.wait_for(1)[0][1]["invocationStatus"] == "Failed"
    finally:
        engine.refuse_objects = False
