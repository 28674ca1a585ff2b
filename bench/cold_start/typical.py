"""The chain's functions beside what is usually written: Powertools for AWS Lambda and pydantic.

They are no part of any environment here: `pip install --target FOLDER 'aws-lambda-powertools[all]'`
makes a folder of them, with .pyc files, which a deployed package would lack.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.cold_start.clients import CLIENTS
from bench.cold_start.figures import Ratio, ratio_of
from bench.cold_start.measure import start_of, task_folder

# The five that judge and store, between the door and the delivery.
CHAIN = (
    "filter_keywords",
    "classify_prompt",
    "generate_images",
    "store_images",
    "moderate_images",
)
LIMIT = 0.65
_TYPICAL = """
import sys
# Behind what is installed: boto3 is the same for both.
sys.path.append({packages!r})
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser

logger, tracer, metrics = Logger(service="bench"), Tracer(service="bench"), Metrics(
    namespace="bench", service="bench"
)

class Request(BaseModel):
    prompt: str
    negative_prompt: str = ""
    width: int = 512
    height: int = 512

def build():
    return [boto3.client(name) for name in {clients}]

@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
@event_parser(model=Request)
def lambda_handler(event, context):
    return None
"""


def measure(packages: Path, rounds: int, tell: Callable[[str], None]) -> Ratio:
    """Ours, all five together, beside typical handlers with the same clients. Raises StartFailed.

    A typical filter has boto3 at hand, and no client.
    """
    ours: list[float] = []
    typical: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        task = task_folder(Path(folder))
        for name in CHAIN:
            (task / f"typical_{name}.py").write_text(
                _TYPICAL.format(packages=str(packages), clients=CLIENTS[name]), "utf-8"
            )
        for at in range(rounds):
            tell(f"typical handlers: round {at + 1} of {rounds}")
            ours.append(sum(start_of(task, f"{name}.handler").ms for name in CHAIN))
            typical.append(sum(start_of(task, f"typical_{name}").ms for name in CHAIN))
    return ratio_of(ours, typical)
