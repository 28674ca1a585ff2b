"""The log: a line of JSON on standard output for each thing that happened, without prompts."""

import json
import traceback


def tell(event: str, **facts: object) -> None:
    """Facts are sizes, counts, seconds and names of errors: nothing that a client wrote."""
    print(json.dumps({"event": event, **facts}), flush=True)  # noqa: T201 - CloudWatch reads it


def where(error: BaseException) -> list[str]:
    """A traceback's places. Its message is left out: libraries quote what they were given."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
