"""The server as the generator of the local stack, through SageMaker's asynchronous protocol."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from container_server.conftest import Start, write_model

from local.deployed_stack import Record
from local.model_server import ModelServer
from local.stack import LocalStack

pytestmark = [pytest.mark.container, pytest.mark.engine, pytest.mark.timeout(300)]
_SAFELIGHT = str(Path(sys.executable).with_name("safelight"))


@pytest.fixture(scope="module")
def generator(start_to_keep: Start) -> ModelServer:
    return start_to_keep(MODEL_VERSION="local-tiny-random")


@pytest.fixture(scope="module")
def stack(generator: ModelServer) -> Iterator[LocalStack]:
    with LocalStack(generator=generator.url) as running:
        yield running


def run(stack: LocalStack, *requests: dict[str, Any]) -> list[Record]:
    """Sent before the first is waited for."""
    size = {"width": 256, "height": 256, "num_inference_steps": 4}
    tokens = [stack.put_event({"prompt": "a lake", **size, **request}) for request in requests]
    records = [stack.record(str(stack.wait(token)[1])) for token in tokens]
    assert all(records)
    return [record for record in records if record]


def test_requests_are_painted_by_the_server_and_delivered(
    stack: LocalStack, generator: ModelServer
) -> None:
    requests = [{"request_id": f"together-{n}", "seed": n, "num_images": 2} for n in range(4)]
    records = run(stack, *requests)
    assert [record["status"] for record in records] == ["COMPLETED"] * 4
    assert {record["models"]["generator"] for record in records} == {"local-tiny-random"}
    assert sum(batch["images"] for batch in generator.events("batch")) == 8
    image = records[0]["images"][0]
    assert (image["width"], image["height"]) == (256, 256)
    assert stack.object(image["bucket"], image["key"])


def test_what_its_safety_checker_made_black_is_not_delivered(start: Start, tmp_path: Path) -> None:
    flagging = start(write_model(tmp_path / "model", "--safety-checker", "flags"))
    with LocalStack(generator=flagging.url) as stack:
        (record,) = run(stack, {"request_id": "flagged"})
    assert record["status"] == "MODEL_FILTERED"
    assert record["models"]["generator"] == "local-generator"  # and not the stand-in's painter


def test_what_the_server_refuses_fails_the_request(start: Start) -> None:
    strict = start(MAX_STEPS="2", STEPS="2")
    with LocalStack(generator=strict.url, time_scale=5.0) as stack:
        (record,) = run(stack, {"request_id": "refused"})
    assert record["status"] == "FAILED"
    assert {one["status"] for one in strict.events("invocation")} == {400}


def test_the_demo(tmp_path: Path) -> None:
    environment = {**os.environ, "SAFELIGHT_STATE": str(tmp_path)}
    ran = subprocess.run(
        [_SAFELIGHT, "demo", "endpoint"], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for part in ("noise", "no Stable Diffusion", "Through the stack: COMPLETED", "NotAcceptable"):
        assert part in ran.stdout
    assert len(list((tmp_path / "demo-endpoint" / "pictures").iterdir())) == 27
