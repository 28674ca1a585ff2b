"""`sam local start-lambda` serves the state machine's functions through Lambda's own API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from sam_local.sam import start
from sam_local.stage import EVENTS, Stage


@pytest.mark.sam_local
@pytest.mark.timeout(300)
def test_two_functions_answer_lambda_s_api(stage: Stage, tmp_path: Path) -> None:
    with start("start-lambda", stage.env_vars(tmp_path), tmp_path / "log") as endpoint:
        served = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
        )
        blocked = call(served, "FilterKeywordsFunction", "filter_keywords/blocked_word")
        assert blocked["verdict"] == "block"
        # None of test_invoke's: the sweeper may have ended those, whose deadlines are past.
        request = "accept_request/direct_start_with_request_id"
        accepted = call(served, "AcceptRequestFunction", request)
        assert accepted["verdict"] == "accepted"
        served.close()


def call(client: Any, function: str, event: str) -> dict[str, Any]:
    payload = (EVENTS / f"{event}.json").read_bytes()
    answer: dict[str, Any] = json.load(
        client.invoke(FunctionName=function, Payload=payload)["Payload"]
    )
    return answer
