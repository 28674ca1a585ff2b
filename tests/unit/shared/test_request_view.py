"""What a requester sees of a reason is what leaves in events, in both schemas and in the code."""

import json
from pathlib import Path

from shared.announcement import _PUBLIC

SCHEMAS = Path(__file__).parents[3] / "schemas"


def test_what_is_public_of_a_reason_is_the_same_everywhere() -> None:
    event = json.loads((SCHEMAS / "result-event.schema.json").read_text("utf-8"))
    view = json.loads((SCHEMAS / "request-view.schema.json").read_text("utf-8"))
    of_view = view["definitions"]["public_reason"]["properties"]
    assert event["definitions"]["reason"]["properties"].keys() == of_view.keys() == set(_PUBLIC)
