"""`python -m server serve`, as SageMaker starts a container, until SIGTERM."""

import argparse
import os
import sys
import threading

from server.log import tell
from server.service import Model, Service
from server.settings import Settings, SettingsError
from server.web import WebServer

# For replies that are ready when the server ends.
_ANSWER_SECONDS = 5.0


def main() -> int:
    """The process's exit code."""
    parser = argparse.ArgumentParser(prog="server", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"], default="serve")
    parser.parse_args()
    try:
        settings = Settings.from_env()
    except SettingsError as wrong:
        print(f"server: {wrong}", file=sys.stderr)  # noqa: T201
        return 2
    service = Service(settings, _load)
    service.stop_on_signals()
    try:
        web = WebServer(service)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        print(f"server: cannot listen on {where}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 2
    with web:
        tell("listening", port=web.server_address[1])
        threading.Thread(target=web.serve_forever, name="web", daemon=True).start()
        service.start()
        code = service.wait()
        web.finish(_ANSWER_SECONDS)
    return code


def _load(settings: Settings) -> Model:
    from server.pipeline import load  # torch takes seconds to import: /ping answers meanwhile

    return load(settings)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread may be within torch still, which does not survive the interpreter's own end.
    os._exit(code)
