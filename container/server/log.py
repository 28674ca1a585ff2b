"""The log: a line of JSON on standard output for each thing that happened, without prompts."""

import json
import sys
import traceback


def tell(event: str, **facts: object) -> None:
    """Facts are sizes, counts, seconds and names of errors: nothing that a client wrote."""
    # One write, which threads cannot interleave.
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def where(error: BaseException) -> list[str]:
    """A traceback's places. Its message is left out: libraries quote what they were given."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
