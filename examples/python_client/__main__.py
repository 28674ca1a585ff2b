"""The client on the command line: a prompt in, pictures or reasons out."""

import argparse
import os
import sys
import uuid
from pathlib import Path

from examples.python_client.safelight_client import Client, Refused, api_key, iam, nobody

LOCAL = "http://127.0.0.1:8088/api"


def main(words: list[str] | None = None) -> int:
    """Ask for pictures, wait and save them: 0 if there are some, 1 if not, 2 if it was refused."""
    parser = argparse.ArgumentParser(description="Ask Safelight for pictures.")
    parser.add_argument("prompt")
    parser.add_argument("--url", default=LOCAL, help="the output ApiUrl (default: %(default)s)")
    parser.add_argument("--key", help="idempotency key, such as an order's number")
    parser.add_argument("--region", help="sign with IAM, for this region (needs botocore)")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="folder for pictures")
    given = parser.parse_args(words)
    # In the environment, since everybody on a machine can read command lines.
    key = os.environ.get("SAFELIGHT_API_KEY")
    auth = iam(given.region) if given.region else api_key(key) if key else nobody
    client = Client(given.url, auth)
    try:
        asked = client.ask({"prompt": given.prompt}, given.key or uuid.uuid4().hex)
        ended = client.result(asked["request_id"])
        saved = client.download(ended, given.out)
    except (Refused, TimeoutError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    reasons = [f"{one['stage']}: {one['category']} ({one['action']})" for one in ended["reasons"]]
    sys.stdout.write("\n".join([ended["status"], *reasons, *map(str, saved)]) + "\n")
    return 0 if saved else 1


if __name__ == "__main__":
    sys.exit(main())
