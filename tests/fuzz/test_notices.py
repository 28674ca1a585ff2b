"""What lies on the notices' queue: a notice, None or UnreadableNotice, each for itself."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fuzz.budget import fuzzed, within
from fuzz.mutation import DEEP_JSON, HALF, damaged, documents, mutated, nested
from hypothesis import example, given
from hypothesis import strategies as st

from resume_generation import handler
from resume_generation.notice import Notice, UnreadableNotice, read_notice

EVENTS = Path(__file__).parents[2] / "events" / "resume_generation"
BODIES = [
    record["body"]
    for path in sorted(EVENTS.glob("*.json"))
    for record in json.loads(path.read_text("utf-8"))["Records"]
]
ENVELOPES = [json.loads(body) for body in BODIES if body.startswith("{")]
MESSAGES = [
    json.loads(envelope["Message"])
    for envelope in ENVELOPES
    if envelope.get("Message", "").startswith("{")
]
SECRET = "SECRET-OF-A-BODY"
CALLBACK = SimpleNamespace(settings=SimpleNamespace(metrics_namespace="Safelight/fuzz"))


def wrapped(message: Any) -> str:
    return json.dumps({"Type": "Notification", "Message": json.dumps(message)})


ANY_BODY = st.one_of(
    mutated(MESSAGES).map(wrapped),
    mutated(MESSAGES).map(wrapped),
    mutated(ENVELOPES).map(json.dumps),
    documents().map(wrapped),
    documents().map(json.dumps),
    damaged([body.encode() for body in BODIES]).map(lambda data: data.decode(errors="replace")),
    DEEP_JSON | DEEP_JSON.map(lambda text: json.dumps({"Message": text})),
    st.text(max_size=40),
)


@fuzzed(200)
@given(body=ANY_BODY)
@example(body=nested(100_000))
@example(body=json.dumps({"Message": nested(100_000)}))
@example(body=wrapped({**MESSAGES[0], "inferenceId": HALF}))
@example(body=wrapped({**MESSAGES[0], "inferenceId": "x" * 65}))
@example(body=wrapped({**MESSAGES[0], "invocationStatus": "x" * 100_000}))
@example(body=wrapped({**MESSAGES[0], "invocationStatus": "Failed", "failureReason": HALF}))
@example(body=wrapped({**MESSAGES[0], "responseParameters": {"outputLocation": "s3://" * 999}}))
@example(body='{"Message": "9' + "9" * 5000 + '"}')
def test_a_body_is_a_notice_or_unreadable(body: str) -> None:
    try:
        with within(1):
            notice = read_notice(body)
    except UnreadableNotice:
        return
    if notice is not None:
        assert type(notice) is Notice
        assert {type(value) for value in vars(notice).values()} == {str}
        # All of it can be a key, or be written beside one.
        assert 0 < len(notice.inference_id.encode()) <= 2048
        assert len(json.dumps(vars(notice), ensure_ascii=False).encode()) < 20_000


@fuzzed(60)
@given(
    before=st.lists(ANY_BODY, max_size=2), after=st.lists(ANY_BODY, max_size=2), good=st.booleans()
)
@example(before=[nested(100_000), ""], after=[SECRET, wrapped({"inferenceId": SECRET})], good=True)
def test_a_bad_message_holds_up_no_other(before: list[str], after: list[str], good: bool) -> None:
    resumed: list[Notice] = []
    mine = wrapped({"inferenceId": "mine", "invocationStatus": "Completed"})
    bodies = [*before, *[mine] * good, *after]
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    lines: list[str] = []

    def resume(_: object, notice: Notice) -> str:
        resumed.append(notice)
        return "resumed"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handler, "build", lambda: CALLBACK)
        patch.setattr(handler, "resume", resume)
        patch.setattr(logging.Logger, "handle", lambda _, record: lines.append(told(record)))
        failed = handler.lambda_handler({"Records": records}, None)["batchItemFailures"]
    unreadable = {n for n, body in enumerate(bodies) if not is_readable(body)}
    assert {int(one["itemIdentifier"]) for one in failed} == unreadable
    assert ("mine" in [notice.inference_id for notice in resumed]) == good
    assert SECRET not in "".join(lines)


def is_readable(body: str) -> bool:
    try:
        read_notice(body)
    except UnreadableNotice:
        return False
    return True


def told(record: logging.LogRecord) -> str:
    """A line with its facts and its traceback, as Lambda writes it."""
    return f"{logging.Formatter().format(record)} {vars(record)}"
