"""A stack's reviews, as its operator's credentials read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from local.deployed_stack import parsed
from local.reviews.decided import Row

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack

OUTPUTS = ("ReviewsTable", "ResultsTable")
# No key to a Task, and no more of a requester than the request's id.
_READ = (
    *("review_id", "request_id", "about", "status", "answer_by", "expires_at", "policy_hash"),
    *("decision", "decided_by", "decided_at", "approved", "reasons", "images", "classification"),
    *("models", "appeal", "prompt"),
)
# BatchGetItem's most.
_AT_ONCE = 100


def all_reviews(stack: DeployedStack) -> Iterator[Row]:
    """Every review, in no order: reads the whole table, which only an operator's tool may."""
    pages = stack.client("dynamodb").get_paginator("scan")
    names = {f"#{name}": name for name in _READ}
    for page in pages.paginate(
        TableName=stack.outputs["ReviewsTable"],
        ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names,
    ):
        yield from map(parsed, page["Items"])


def request_hashes(stack: DeployedStack, request_ids: Iterable[str]) -> dict[str, str]:
    """What each request asked for, as its record's hash of it; no entry where there is none."""
    table, found = stack.outputs["ResultsTable"], dict[str, str]()
    ids = list(dict.fromkeys(request_ids))
    for start in range(0, len(ids), _AT_ONCE):
        keys = [{"request_id": {"S": one}} for one in ids[start : start + _AT_ONCE]]
        while keys:
            answer = stack.client("dynamodb").batch_get_item(
                RequestItems={
                    table: {"Keys": keys, "ProjectionExpression": "request_id, request_hash"}
                }
            )
            for item in map(parsed, answer["Responses"].get(table, ())):
                found[item["request_id"]] = item["request_hash"]
            keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return found
