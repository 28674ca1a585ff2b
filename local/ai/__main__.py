"""`python -m local.ai`: serve the stand-ins until SIGTERM, SIGINT or the end of stdin."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.ai.vision.network import Network

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: its threads only cost memory


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    from local.ai.engine_client import EngineClient
    from local.ai.server import StandInServer
    from local.faults.callers import STAND_INS_KEY

    try:
        engine = EngineClient(options.engine, os.environ.get("AWS_ACCESS_KEY_ID", STAND_INS_KEY))
        server = StandInServer(
            (options.host, options.port), engine, tuple(options.classes), _network()
        )
    except (ValueError, OSError) as wrong:
        raise SystemExit(f"local.ai: {wrong}") from wrong
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop_soon(server.shutdown))
    if options.until_stdin_closes:
        threading.Thread(target=_stop_after_stdin, args=[server.shutdown], daemon=True).start()
    host, port = server.server_address[:2]
    print(f"ready http://{host!s}:{port}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)


def _network() -> "Network | None":
    """What the moderator sees with, or nothing: it then says that it goes by markers alone."""
    from local.ai.vision.published import ModelUnavailable, load_network

    try:
        return load_network()
    except ModelUnavailable as reason:
        told = f"local.ai: pictures are judged by markers alone: {reason} (safelight models fetch)"
        print(told, file=sys.stderr)
        return None


def _stop_soon(shutdown: Callable[[], None]) -> None:
    """shutdown() waits for the loop that the signal interrupted: it needs a thread of its own."""
    threading.Thread(target=shutdown, daemon=True).start()


def _stop_after_stdin(shutdown: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    shutdown()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.ai",
        description="Local stand-ins for Comprehend, Rekognition and a SageMaker asynchronous "
        "endpoint. None of them is the model that it stands in for.",
    )
    parser.add_argument(
        "--engine", metavar="URL", help="where S3 and SNS answer; may be told later"
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument(
        "--classes", nargs=2, default=["safe", "unsafe"], metavar=("SAFE", "UNSAFE"),
        help="class names of the custom classifier; default: safe unsafe",
    )  # fmt: skip
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="also stop when standard input ends"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
