"""The confined decoder as the function starts it, forked from one process that has it loaded.

A start takes a quarter of a second, most of it imports; a fork takes milliseconds. What runs is
shared.pictures.confined.main itself, under the limits that it sets itself.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).parents[2] / "functions"
_SERVER = """
import json, os, sys
from shared.pictures import confined
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(asked["input"], os.O_RDONLY), 0)
            os.dup2(os.open(asked["output"], os.O_WRONLY | os.O_TRUNC), 1)
            sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
            sys.argv = ["confined", *asked["arguments"]]
            confined.main()
            sys.stdout.flush()
            code = 0
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    told = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }
    print(json.dumps(told), flush=True)
"""


@dataclass(frozen=True)
class Used:
    """What the last picture took: exit status, CPU time, and most memory at any time."""

    status: int
    cpu_seconds: float
    megabytes: float


class Confinement:
    """In the place of subprocess.run in shared.pictures.decoding."""

    def __init__(self) -> None:
        self.last: Used | None = None
        self._files = [tempfile.NamedTemporaryFile() for _ in range(2)]  # noqa: SIM115
        self._server = subprocess.Popen(
            [sys.executable, "-S", "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": ":".join([str(FUNCTIONS), *filter(None, sys.path)])},
            text=True,
        )

    def run(self, command: Sequence[str], input: bytes, **_: Any) -> Any:
        """As subprocess.run with check, for the decoder's command only."""
        assert self._server.stdin
        assert self._server.stdout
        given, made = (Path(file.name) for file in self._files)
        given.write_bytes(input)
        arguments = command[command.index("shared.pictures.confined") + 1 :]
        asked = {"input": str(given), "output": str(made), "arguments": arguments}
        print(json.dumps(asked), file=self._server.stdin, flush=True)
        self.last = Used(**json.loads(self._server.stdout.readline()))
        if self.last.status:
            raise subprocess.CalledProcessError(self.last.status, command)
        return subprocess.CompletedProcess(command, 0, made.read_bytes())

    def close(self) -> None:
        """Ends the process, and removes what lay between."""
        self._server.communicate()
        for file in self._files:
            file.close()
