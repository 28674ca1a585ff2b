"""What follows for an attempt: which picture decides, what is withheld, what is never paid for."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from shared.moderation.verdict import found, judge_attempt, needs_moderation
from shared.rekognition import Label, Moderation

ROOT = Path(__file__).parents[4]
POLICY: dict[str, Any] = json.loads((ROOT / "functions/compiled/images.json").read_text("utf-8"))
SAFE = Moderation([], "7.0", False)
UNSAFE = Moderation([Label("Weapons", "Violence", 0.99)], "7.0", False)
UNCERTAIN = Moderation([Label("Something New", "", 0.99)], "7.0", False)
HASH = "00ff00ff00ff00ff"


def attempt(kinds: tuple[str, ...], reviews: bool = False, **more: Any) -> dict[str, Any]:
    images: list[dict[str, Any]] = [
        {"index": index} | ({"filtered_because": "black"} if kind == "filtered" else {})
        for index, kind in enumerate(kinds)
    ]
    answers = {"safe": SAFE, "unsafe": UNSAFE, "review": UNCERTAIN, "filtered": None}
    moderations = [answers[kind] for kind in kinds]
    return judge_attempt(images, moderations, POLICY | more, reviews=reviews)


KINDS = list(itertools.product(["safe", "unsafe", "filtered"], repeat=2))


@pytest.mark.parametrize("kinds", KINDS, ids=" ".join)
def test_the_best_picture_decides_the_attempt(kinds: tuple[str, ...]) -> None:
    decision = attempt(kinds)

    expected = next(kind for kind in ("safe", "unsafe", "filtered") if kind in kinds)
    assert decision["verdict"] == expected
    assert [image["verdict"] for image in decision["images"]] == list(kinds)
    told, silent = ("warnings", "reasons") if expected == "safe" else ("reasons", "warnings")
    assert len(decision[told]) == sum(kind != "safe" for kind in kinds)
    assert decision[silent] == []
    assert (decision["labels"] == ["Weapons"]) == ("unsafe" in kinds)


@pytest.mark.parametrize("kinds", KINDS, ids=" ".join)
def test_where_all_or_none_is_delivered_the_worst_decides(kinds: tuple[str, ...]) -> None:
    decision = attempt(kinds, deliver="all_or_none")

    expected = next(kind for kind in ("unsafe", "filtered", "safe") if kind in kinds)
    assert decision["verdict"] == expected
    withheld = "safe" if expected == "safe" else "withheld"
    assert [image["verdict"] for image in decision["images"]] == [
        withheld if kind == "safe" else kind for kind in kinds
    ]
    assert decision["warnings"] == []
    assert len(decision["reasons"]) == sum(kind != "safe" for kind in kinds)


ASKS: dict[str, Any] = {
    "unknown_label": {"category": "unknown_label", "threshold": 0.5, "action": "review"}
}
WITH_REVIEW = [
    kinds
    for kinds in itertools.product(["safe", "unsafe", "review", "filtered"], repeat=3)
    if "review" in kinds
]


@pytest.mark.parametrize("kinds", WITH_REVIEW, ids=" ".join)
def test_an_attempt_waits_for_its_pictures_that_people_decide_on(kinds: tuple[str, ...]) -> None:
    decision = attempt(kinds, reviews=True, **ASKS)

    assert decision["verdict"] == "review"
    assert [image["verdict"] for image in decision["images"]] == list(kinds)
    assert [reason["image"] for reason in decision["reasons"]] == indexes(kinds, "review")
    assert {reason["action"] for reason in decision["reasons"]} == {"review"}
    assert [warning["image"] for warning in decision["warnings"]] == indexes(
        kinds, "unsafe", "filtered"
    )


@pytest.mark.parametrize("kinds", WITH_REVIEW, ids=" ".join)
def test_where_all_or_none_is_delivered_people_are_asked_if_all_can_be(
    kinds: tuple[str, ...],
) -> None:
    decision = attempt(kinds, reviews=True, deliver="all_or_none", **ASKS)

    expected = next(kind for kind in ("unsafe", "filtered", "review") if kind in kinds)
    assert decision["verdict"] == expected
    meanings = {"safe": "withheld", "review": "review" if expected == "review" else "unsafe"}
    assert [image["verdict"] for image in decision["images"]] == [
        meanings.get(kind, kind) for kind in kinds
    ]
    assert len(decision["reasons"]) == sum(kind != "safe" for kind in kinds)


@pytest.mark.parametrize("deliver", ["each", "all_or_none"])
@pytest.mark.parametrize("kinds", WITH_REVIEW, ids=" ".join)
def test_without_reviews_what_asks_for_one_is_withheld(
    kinds: tuple[str, ...], deliver: str
) -> None:
    refused = tuple(kind.replace("review", "unsafe") for kind in kinds)
    asked, other = (attempt(one, deliver=deliver, **ASKS) for one in (kinds, refused))
    assert asked["verdict"] == other["verdict"]
    for part in ("reasons", "warnings"):
        assert [one["image"] for one in asked[part]] == [one["image"] for one in other[part]]
    assert [one["verdict"] for one in asked["images"]] == [
        one["verdict"] for one in other["images"]
    ]


@pytest.mark.parametrize("deliver", ["each", "all_or_none"])
@pytest.mark.parametrize("kinds", [("review",), ("review", "review"), ("safe", "unsafe")])
def test_pictures_say_that_they_are_delivered_together(
    kinds: tuple[str, ...], deliver: str
) -> None:
    images = attempt(kinds, reviews=True, deliver=deliver, **ASKS)["images"]
    together = deliver == "all_or_none" and len(kinds) > 1
    assert [image.get("together", False) for image in images] == [together] * len(kinds)


def test_people_are_not_asked_about_a_picture_that_something_else_refuses() -> None:
    both = Moderation([*UNCERTAIN.labels, *UNSAFE.labels], "7.0", False)
    decision = judge_attempt([{"index": 0}], [both], POLICY | ASKS, reviews=True)
    assert decision["verdict"] == "unsafe"
    assert {reason["action"] for reason in decision["reasons"]} == {"review", "block"}


def indexes(kinds: tuple[str, ...], *wanted: str) -> list[int]:
    return [index for index, kind in enumerate(kinds) if kind in wanted]


def test_a_picture_that_nobody_has_judged_is_not_safe() -> None:
    with pytest.raises(ValueError, match="nobody has judged"):
        judge_attempt([{"index": 0}], [None], POLICY)


def listing(*hashes: str, max_distance: int = 6) -> dict[str, Any]:
    return POLICY | {"blocked_hashes": {"max_distance": max_distance, "hashes": list(hashes)}}


@pytest.mark.parametrize(("bits", "blocked"), [(0, True), (6, True), (7, False), (64, False)])
def test_a_picture_that_looks_like_a_listed_one_is_not_moderated(bits: int, blocked: bool) -> None:
    image = {"index": 0, "phash": f"{int(HASH, 16) ^ ((1 << bits) - 1):016x}"}
    policy = listing("f" * 16 if bits < 64 else HASH, HASH)
    assert needs_moderation(image, policy) is not blocked
    decision = judge_attempt([image], [None if blocked else SAFE], policy)
    assert decision["verdict"] == ("unsafe" if blocked else "safe")
    assert [reason["rule"] for reason in decision["reasons"]] == ["blocked_hash"] * blocked


def test_the_reason_says_how_alike_it_is() -> None:
    image = {"index": 2, "phash": f"{int(HASH, 16) ^ 0b1111:016x}"}
    (reason,) = judge_attempt([image], [None], listing(HASH))["reasons"]
    assert reason == {
        "stage": "ModerateImages",
        "category": "blocked_picture",
        "rule": "blocked_hash",
        "action": "block",
        "image": 2,
        "score": 0.9375,
        "threshold": 0.9062,
    }


def test_a_policy_that_does_not_list_it_judges_it_by_its_labels() -> None:
    image = {"index": 0, "phash": HASH}
    assert judge_attempt([image], [SAFE], POLICY)["verdict"] == "safe"
    assert judge_attempt([image], [SAFE], listing(HASH))["verdict"] == "unsafe"


def test_a_filtered_picture_is_not_moderated() -> None:
    assert not needs_moderation({"index": 0, "filtered_because": "blurred"}, POLICY)


@pytest.mark.parametrize(
    ("action", "verdict"), [("block", "unsafe"), ("always", "unsafe"), ("warn", "safe")]
)
def test_writing_counts_like_a_label(action: str, verdict: str) -> None:
    told = {"stage": "ModerateImages", "category": "hate", "rule": "text_in_image", "image": 1}
    told["action"] = action
    images = [{"index": 1}]
    decision = judge_attempt(images, [SAFE], POLICY, {1: [told]})
    assert decision["verdict"] == verdict
    assert decision["warnings"] + decision["reasons"] == [told]


def test_what_was_found_is_kept_for_another_policy() -> None:
    assert found([UNSAFE, None]) == [
        {
            "image": 0,
            "illustrated": False,
            "labels": [{"label": "Weapons", "parent": "Violence", "score": 0.99}],
        }
    ]
