"""Reasons are shown as events tell them; links outlive an answer that is not sent again."""

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.announcement import _PUBLIC
from shared.dynamodb import Item
from shared.request_view import Viewer

SCHEMAS = Path(__file__).parents[3] / "schemas"


def test_what_is_public_of_a_reason_is_the_same_everywhere() -> None:
    event = json.loads((SCHEMAS / "result-event.schema.json").read_text("utf-8"))
    view = json.loads((SCHEMAS / "request-view.schema.json").read_text("utf-8"))
    of_view = view["definitions"]["public_reason"]["properties"]
    assert event["definitions"]["reason"]["properties"].keys() == of_view.keys() == set(_PUBLIC)


@given(st.integers(30, 3600), st.floats(0, 2e9), st.floats(0, 1.5))
def test_what_has_not_changed_has_links_for_half_their_time_yet(
    link_seconds: int, first: float, share: float
) -> None:
    """A 304 leaves the caller with the links of the first answer."""
    viewer = Viewer(NotImplemented, "images", link_seconds, reviews=True)
    record: Item = {"run": 1, "status": "COMPLETED", "updated_at": "now", "images": "[]"}
    later = first + share * link_seconds
    sent, asked = (viewer.etag(record, datetime.fromtimestamp(at, UTC)) for at in (first, later))
    assert sent != asked or later - first <= link_seconds / 2
