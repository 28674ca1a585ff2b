"""The engine's process: a clean environment, the adapters, one HTTP socket, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import uvicorn
import uvloop

from local.engine.settings import ACCOUNT, READY, REGION, Settings

# Dozens of threads hand each other short pieces of work; the default of 5 ms adds up to most of
# the time an execution takes.
_SWITCH_SECONDS = 0.002

logger = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Serve until SIGINT, SIGTERM or (when asked) the parent's end; leave nothing behind."""
    listener = _listen(settings)
    workspace = tempfile.mkdtemp(prefix="safelight-engine-")
    configure_environment(settings, workspace)
    _configure_logging(settings.log_file)
    _raise_file_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        uvloop.run(_serve(settings, listener))
    finally:
        _stop_functions()
        shutil.rmtree(workspace, ignore_errors=True)
    # Executions still running are daemon threads that may sit in a wait; do not wait for them.
    sys.stdout.flush()
    os._exit(0)


def configure_environment(settings: Settings, workspace: str) -> None:
    """Set what ministack reads when it is imported, and forget the host's AWS settings.

    ministack takes its configuration from the environment only. By default it would listen on
    every interface, open SFTP and MQTT ports and talk to a container engine: all off here.
    """
    for name in [name for name in os.environ if name.startswith(("AWS_", "MINISTACK_", "LAMBDA_"))]:
        del os.environ[name]
    os.environ.update(
        GATEWAY_PORT=str(settings.port),
        BIND_HOST=settings.host,
        MINISTACK_HOST=urlsplit(settings.endpoint).hostname or settings.host,
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        DOCKER_HOST=f"unix://{workspace}/no-container-engine",
        LOG_LEVEL="WARNING",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_ENDPOINT_URL=settings.endpoint,
        AWS_EC2_METADATA_DISABLED="true",
        TMPDIR=workspace,
    )
    tempfile.tempdir = workspace


def _configure_logging(log_file: str | None) -> None:
    logging.basicConfig(
        filename=log_file,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        force=True,
    )


def _raise_file_limit() -> None:
    """Each function process holds a few sockets; the usual soft limit of 1024 is soon reached."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything else, so that a taken one is a plain message."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise SystemExit(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Choose another with --port, or stop what uses it."
        ) from None
    # Inherited by every connection: an answer is two small writes, and would wait for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """Ends when told; uvicorn's own would raise a signal again and cut our own end short."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        self.should_exit = True


async def _serve(settings: Settings, listener: socket.socket) -> None:
    from local.engine import light_imports

    light_imports.install()
    from local.engine import adapters

    config = uvicorn.Config(
        adapters.install(settings),
        http="httptools",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.end)
    if settings.stop_with_parent:
        threading.Thread(target=_watch_parent, args=(server,), daemon=True).start()
    print(f"{READY} {settings.endpoint}", flush=True)
    await server.serve(sockets=[listener])


def _watch_parent(server: _Server) -> None:
    """Standard input is a pipe from the parent: it closes even when the parent is killed."""
    while sys.stdin.buffer.read(1):
        pass
    server.end()


def _stop_functions() -> None:
    from local.engine import function_pool

    function_pool.stop_all()
