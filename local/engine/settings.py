"""What one engine is told when it starts."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

# The line that the engine prints when it answers, before its address.
READY = "Engine at"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# As AWS_ENDPOINT_URL_<SERVICE> names those that the stand-ins answer for.
AI_SERVICES = (
    "APPLICATION_AUTO_SCALING", "BEDROCK_RUNTIME", "COMPREHEND", "REKOGNITION", "SAGEMAKER",
    "SAGEMAKER_RUNTIME",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two engines."""

    host: str
    port: int
    ai_endpoint: str | None = None
    time_scale: float = 1.0
    max_processes: int = 13
    log_file: str | None = None
    stop_with_parent: bool = False

    @property
    def endpoint(self) -> str:
        """Where this machine reaches the engine; functions run here too, so never a wildcard."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{host}:{self.port}"


def _positive(kind: type[int] | type[float], text: str) -> int | float:
    value = kind(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not greater than 0")
    return value


def parse(arguments: list[str] | None = None) -> Settings:
    """Read the command line of `python -m local.engine`."""
    parser = argparse.ArgumentParser(
        prog="python -m local.engine",
        description="Run the AWS services that the Safelight stack uses, in one process.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True, help="port for every service")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--ai-endpoint",
        metavar="URL",
        help="where functions reach Comprehend, Rekognition, SageMaker and what scales them",
    )
    parser.add_argument(
        "--time-scale",
        type=lambda text: float(_positive(float, text)),
        default=1.0,
        metavar="X",
        help="one real second is X seconds of state machine waits, retries and time-outs",
    )
    parser.add_argument(
        "--max-processes",
        type=lambda text: int(_positive(int, text)),
        default=13,
        metavar="N",
        help="function processes alive at a time; further invocations wait",
    )
    parser.add_argument("--log-file", metavar="PATH", help="log here instead of to stderr")
    parser.add_argument(
        "--stop-with-parent", action="store_true", help="stop when standard input closes"
    )
    return Settings(**vars(parser.parse_args(arguments)))
