"""Reviews: claimed by one reviewer, ended once, and what was decided is told or said not heard."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from shared.dynamodb import Item, Table
from shared.records import Records
from shared.reviews import Reviews, deliverable, heard, result_of, review_id, tell_task
from shared.stepfunctions import StepFunctions

OPENED, NOW, UNTIL = "2026-11-20T10:00:00.000Z", "2026-11-20T10:30:00.000Z", "2026-11-20T10:40:00Z"
LATER, ANSWER_BY, AFTER = "2026-11-20T10:50:00Z", "2026-11-20T11:00:00.000Z", "2026-11-20T11:01:00Z"
ME, OTHER = "iam:me", "iam:other"
PICTURES = [{"index": 0, "verdict": "review"}, {"index": 1, "verdict": "safe"}]
FIRST: Item = {
    "request_id": "r",
    "run": 1,
    "n": 1,
    "about": "images",
    "opened_at": OPENED,
    "answer_by": ANSWER_BY,
    "images": json.dumps(PICTURES),
    "prompt": "a fox",
    "negative_prompt": "",
}
RECORD: Item = {"request_id": "r", "run": 1, "execution_arn": "arn:mine", "status": "IN_REVIEW"}


@pytest.fixture
def reviews(table: Callable[..., Table]) -> Reviews:
    reviews = Reviews(table("review_id", index=("queue", "opened_at")))
    reviews.open("1f", "A", 0, FIRST)
    return reviews


@pytest.fixture
def records(table: Callable[..., Table]) -> Records:
    return Records(table("request_id", "results"))


class Waiting:
    """Step Functions' client, where a Task may wait for a token."""

    def __init__(self, token: str = "", error: str = "TaskTimedOut") -> None:
        self.token, self.error = token, error

    def send_task_success(self, **request: str) -> dict[str, Any]:
        if request["taskToken"] != self.token:
            raise ClientError({"Error": {"Code": self.error}}, "SendTaskSuccess")
        return {}


def decide(
    reviews: Reviews, who: str = ME, now: str = NOW, keep: bool = False
) -> tuple[bool, Item]:
    return reviews.decide("1f", who, "approve", "a drawing", [0], now, keep)


def decided(reviews: Reviews) -> Item:
    reviews.claim("1f", ME, NOW, UNTIL)
    _, row = decide(reviews)
    return row


def test_a_review_is_made_when_it_is_opened(reviews: Reviews) -> None:
    made = {"review_id": "1f", "status": "OPEN", "queue": "open"}
    assert reviews.get("1f") == FIRST | made | {"task_token": "A", "task_tried_at": 0}


def test_a_retry_replaces_the_token_and_nothing_else(reviews: Reviews) -> None:
    reviews.claim("1f", ME, NOW, UNTIL)
    before = reviews.get("1f") or {}

    after = reviews.open("1f", "B", 1, FIRST | {"opened_at": NOW, "answer_by": AFTER})

    assert after == before | {"task_token": "B", "task_tried_at": 1}


def test_a_try_that_was_given_up_does_not_take_the_token_back(reviews: Reviews) -> None:
    newest = reviews.open("1f", "B", 1, FIRST)

    assert reviews.open("1f", "A", 0, FIRST) == newest


def test_a_row_of_an_earlier_version_is_bound_again(table: Callable[..., Table]) -> None:
    rows = table("review_id", index=("queue", "opened_at"))
    earlier = FIRST | {"review_id": "1f", "status": "OPEN", "queue": "open", "task_token": "A"}
    rows.put_if(earlier, "attribute_not_exists(review_id)", {}, {})

    assert Reviews(rows).open("1f", "B", 1, FIRST)["task_token"] == "B"


def test_a_retry_after_the_decision_finds_it_as_it_is(reviews: Reviews) -> None:
    before = decided(reviews)
    assert reviews.open("1f", "B", 1, FIRST) == before
    assert reviews.get("1f") == before


def test_one_reviewer_has_it_at_a_time(reviews: Reviews) -> None:
    assert reviews.claim("1f", ME, NOW, UNTIL)[0]

    done, row = reviews.claim("1f", OTHER, NOW, LATER)

    assert not done
    assert (row["claimed_by"], row["claim_until"]) == (ME, UNTIL)
    assert reviews.claim("1f", ME, NOW, LATER)[0]


def test_a_claim_that_ran_out_is_free_again(reviews: Reviews) -> None:
    reviews.claim("1f", ME, NOW, UNTIL)
    assert not decide(reviews, now=LATER)[0]

    done, row = reviews.claim("1f", OTHER, LATER, ANSWER_BY)

    assert done
    assert row["claimed_by"] == OTHER
    assert not decide(reviews, now=LATER)[0]


def test_a_claim_is_given_back_by_who_has_it(reviews: Reviews) -> None:
    reviews.claim("1f", ME, NOW, UNTIL)
    assert not reviews.release("1f", OTHER)[0]
    assert reviews.release("1f", ME) == (True, reviews.get("1f"))
    assert reviews.claim("1f", OTHER, NOW, UNTIL)[0]


def test_nothing_is_decided_without_a_claim(reviews: Reviews) -> None:
    assert not decide(reviews)[0]
    reviews.claim("1f", ME, NOW, UNTIL)
    assert not decide(reviews, OTHER)[0]
    assert (reviews.get("1f") or {})["status"] == "OPEN"


def test_a_decision_stands(reviews: Reviews) -> None:
    row = decided(reviews)

    assert (row["status"], row["queue"], row["decided_by"]) == ("DECIDED", "owed", ME)
    assert decide(reviews) == (False, row)
    assert reviews.claim("1f", OTHER, LATER, AFTER) == (False, row)
    assert reviews.expire("1f", AFTER, keep_prompt=False) == (False, row)


@pytest.mark.parametrize("keep", [True, False])
def test_the_prompt_goes_when_the_review_ends_unless_it_is_kept(
    keep: bool, reviews: Reviews
) -> None:
    reviews.claim("1f", ME, NOW, UNTIL)
    _, row = decide(reviews, keep=keep)
    assert ("prompt" in row, "negative_prompt" in row) == (keep, keep)


def test_time_decides_between_a_late_decision_and_the_sweeper(reviews: Reviews) -> None:
    reviews.claim("1f", ME, NOW, AFTER)
    assert not reviews.expire("1f", NOW, keep_prompt=False)[0]
    assert not decide(reviews, now=ANSWER_BY)[0]

    done, row = reviews.expire("1f", ANSWER_BY, keep_prompt=False)

    assert done
    assert (row["status"], row["queue"], row["decision"]) == ("EXPIRED", "owed", "expire")
    assert result_of(row)["deliver"] == [1]
    assert not reviews.claim("1f", ME, ANSWER_BY, AFTER)[0]


def test_a_review_whose_execution_is_gone_is_over(reviews: Reviews) -> None:
    done, row = reviews.end_over("1f", keep_prompt=False)

    assert done
    assert (row["status"], row["queue"]) == ("OVER", "decided")
    assert not {"task_token", "prompt"} & row.keys()
    assert result_of(row)["decision"] == "expire"


def test_what_was_told_is_never_over(reviews: Reviews) -> None:
    decided(reviews)
    reviews.settle("1f")
    assert not reviews.end_over("1f", keep_prompt=False)[0]
    assert (reviews.get("1f") or {})["status"] == "DECIDED"


@pytest.mark.parametrize("change", ["claim", "decide", "expire", "end_over", "settle"])
def test_a_review_that_is_not_there_is_not_made(change: str, reviews: Reviews) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "claim": (ME, NOW, UNTIL),
        "decide": (ME, "reject", "no", [], NOW, False),
        "expire": (AFTER, False),
        "end_over": (False,),
        "settle": (),
    }
    assert getattr(reviews, change)("2e", *arguments[change]) == (False, {})
    assert reviews.get("2e") is None


def test_who_was_shown_the_pictures_is_noted(reviews: Reviews) -> None:
    _, row = reviews.claim("1f", ME, NOW, UNTIL)
    _, once = reviews.note_seen(row, ME, NOW)
    assert not reviews.note_seen(row, ME, NOW)[0]

    done, row = reviews.note_seen(once, ME, NOW)

    assert done
    assert json.loads(str(row["seen"])) == [{"by": ME, "at": NOW}] * 2
    assert not reviews.note_seen(row, OTHER, NOW)[0]
    assert not reviews.note_seen(row, ME, LATER)[0]


@pytest.mark.parametrize(
    ("verdicts", "approved", "out"),
    [
        (["review", "safe"], [0], [0, 1]),
        (["review", "safe"], [], [1]),
        (["review", "unsafe", "review"], [2], [2]),
        (["unsafe", "filtered"], [0, 1], []),
        (["review", "withheld"], [0], [0, 1]),
        (["review", "withheld"], [], []),
        (["review", "withheld", "review"], [0], []),
        (["review", "withheld", "unsafe"], [0], []),
        ([], [0], []),
    ],
)
def test_what_may_go_out(verdicts: list[str], approved: list[int], out: list[int]) -> None:
    images = [{"index": index, "verdict": verdict} for index, verdict in enumerate(verdicts)]
    assert deliverable(images, approved) == out


@pytest.mark.parametrize(
    ("verdicts", "approved", "out"),
    [
        (["review", "review"], [0, 1], [0, 1]),
        (["review", "review"], [1], []),
        (["review", "filtered"], [0], []),
        (["withheld", "review"], [1], [0, 1]),
    ],
)
def test_what_goes_out_together_goes_out_whole(
    verdicts: list[str], approved: list[int], out: list[int]
) -> None:
    images = [
        {"index": index, "verdict": verdict, "together": True}
        for index, verdict in enumerate(verdicts)
    ]
    assert deliverable(images, approved) == out


VERDICTS = st.lists(
    st.sampled_from(["safe", "withheld", "review", "unsafe", "filtered"]), max_size=4
)


@given(VERDICTS, st.lists(st.integers(-1, 5)))
def test_only_what_is_safe_or_approved_goes_out(verdicts: list[str], approved: list[int]) -> None:
    images = [{"index": index, "verdict": verdict} for index, verdict in enumerate(verdicts)]
    for index in deliverable(images, approved):
        assert verdicts[index] in ("safe", "withheld") or (
            verdicts[index] == "review" and index in approved
        )


def test_a_regeneration_delivers_nothing(reviews: Reviews) -> None:
    reviews.claim("1f", ME, NOW, UNTIL)
    _, row = reviews.decide("1f", ME, "regenerate", "again", [], NOW, keep_prompt=False)
    assert result_of(row) == {
        "review_id": "1f",
        "decision": "regenerate",
        "deliver": [],
        "approved": [],
        "by": ME,
        "at": NOW,
        "reason": "again",
    }


def told(decision: str = "approve", at: str = NOW, run: int = 1) -> Item:
    entry = {"review_id": "1f", "decision": decision, "at": at}
    return RECORD | {"run": run, "status": "RUNNING", "reviews": json.dumps([entry])}


ENDED = RECORD | {"status": "FAILED"}
FOLLOWED = RECORD | {
    "run": 2,
    "history": json.dumps([{"run": 1, "reviews": json.loads(str(told()["reviews"]))}]),
}


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (RECORD, None),
        (told(), True),
        (told("expire", AFTER), False),
        (ENDED, False),
        (FOLLOWED, True),
        (RECORD | {"run": 2}, False),
        (None, False),
    ],
)
def test_the_record_knows_whether_a_decision_was_heard(
    record: Item | None, known: bool | None, reviews: Reviews
) -> None:
    assert heard(record, decided(reviews)) is known


@pytest.mark.parametrize(
    ("record", "waiting", "outcome", "status", "queue"),
    [
        (RECORD, Waiting("A"), "heard", "DECIDED", "decided"),
        (RECORD, Waiting(error="ThrottlingException"), "owed", "DECIDED", "owed"),
        (RECORD, Waiting(), "owed", "DECIDED", "owed"),
        (told(), Waiting(), "heard", "DECIDED", "decided"),
        (ENDED, Waiting(), "over", "OVER", "decided"),
    ],
)
def test_a_task_is_told_or_it_is_said_that_none_was(
    record: Item,
    waiting: Waiting,
    outcome: str,
    status: str,
    queue: str,
    reviews: Reviews,
    records: Records,
) -> None:
    records.claim(record)
    row = decided(reviews)

    assert tell_task(reviews, records, StepFunctions(waiting), row, keep_prompt=False) == outcome

    now = reviews.get("1f") or {}
    assert (now["status"], now["queue"], now["decision"]) == (status, queue, "approve")


def test_an_expiry_that_nobody_waits_for_is_an_expiry(reviews: Reviews, records: Records) -> None:
    records.claim(told("expire", AFTER))
    _, row = reviews.expire("1f", ANSWER_BY, keep_prompt=False)

    assert tell_task(reviews, records, StepFunctions(Waiting()), row, keep_prompt=False) == "over"

    now = reviews.get("1f") or {}
    assert (now["status"], now["queue"]) == ("EXPIRED", "decided")


def test_queues_begin_with_what_is_most_wanted(reviews: Reviews) -> None:
    for number in range(3):
        reviews.open(
            f"2{number}", "B", 0, FIRST | {"opened_at": f"2026-11-20T09:0{number}:00.000Z"}
        )

    page, after = reviews.page("open", 3, None)

    assert [row["review_id"] for row in page] == ["20", "21", "22"]
    assert [row["review_id"] for row in reviews.page("open", 3, after)[0]] == ["1f"]
    assert reviews.count_open() == 4
    for identity in ("20", "22"):
        reviews.end_over(identity, keep_prompt=False)
    assert [row["review_id"] for row in reviews.page("decided", 3, None)[0]] == ["22", "20"]


def test_ids_are_stable_and_each_reviews_own() -> None:
    ids = {review_id(*of) for of in itertools.product(("r", "r\n1"), (1, 2), (1, 2))}
    assert len(ids) == 8
    assert review_id("r", 1, 1) == review_id("r", 1, 1)
    assert {len(one) for one in ids} == {40}
