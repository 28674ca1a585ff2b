"""DynamoDB: items as plain dicts of texts and whole numbers, conditional writes that answer.

Only the types S and N travel: nested parts are stored as JSON texts, so that the state machine can
write the same items without a function.
"""

from typing import Any

from botocore.exceptions import ClientError

from shared import aws
from shared.errors import ServiceUnavailable

Item = dict[str, str | int]


class Table:
    """One table."""

    def __init__(self, name: str, client: Any = None) -> None:
        self._name = name
        self._client = client or aws.client("dynamodb")

    def beside(self, name: str) -> "Table":
        """Another table, by the same client: making one is what a cold start pays for."""
        return Table(name, self._client)

    def get(self, key: dict[str, str]) -> Item | None:
        """The item as it is now, or None."""
        reply = self._call(self._client.get_item, Key=_marshal(key), ConsistentRead=True)
        return _unmarshal(reply["Item"]) if "Item" in reply else None

    def count(self, index: str, condition: str, values: Item) -> int:
        """How many items of an index meet a key condition; its first 1 MB of them."""
        reply = self._call(
            self._client.query,
            IndexName=index,
            KeyConditionExpression=condition,
            Select="COUNT",
            **_expression({}, values),
        )
        counted: int = reply["Count"]
        return counted

    def query(self, index: str, condition: str, values: Item, most: int) -> list[Item]:
        """The first items of an index that meet a key condition, as its projection has them."""
        reply = self._call(
            self._client.query,
            IndexName=index,
            KeyConditionExpression=condition,
            Limit=most,
            **_expression({}, values),
        )
        return [_unmarshal(item) for item in reply["Items"]]

    def page(
        self,
        index: str,
        condition: str,
        values: Item,
        most: int,
        after: Item | None,
        first_first: bool = False,
    ) -> tuple[list[Item], Item | None]:
        """Items of an index that meet a key condition, last first, and the key to go on behind.

        None for the key where nothing is left. `after` is such a key. With `first_first` they come
        in the other order.
        """
        start = {"ExclusiveStartKey": _marshal(after)} if after else {}
        reply = self._call(
            self._client.query,
            IndexName=index,
            KeyConditionExpression=condition,
            ScanIndexForward=first_first,
            Limit=most,
            **start,
            **_expression({}, values),
        )
        last = reply.get("LastEvaluatedKey")
        return [_unmarshal(item) for item in reply["Items"]], _unmarshal(last) if last else None

    def put_if(
        self, item: Item, condition: str, names: dict[str, str], values: Item
    ) -> Item | None:
        """Puts the item if the condition holds, else returns the item that is there.

        `names` maps every # name of the condition, `values` every : value, both without the sign.
        """
        try:
            self._call(
                self._client.put_item,
                Item=_marshal(item),
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expression(names, values),
            )
        except ClientError as error:
            return _refused(error)
        return None

    def update(
        self,
        key: dict[str, str],
        update: str,
        names: dict[str, str],
        values: Item,
        condition: str = "",
    ) -> tuple[bool, Item]:
        """(True, the item as updated), or (False, the item as it is) if the condition fails.

        A missing item is an empty one; without a condition it is made.
        """
        guard = {
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            reply = self._call(
                self._client.update_item,
                Key=_marshal(key),
                UpdateExpression=update,
                ReturnValues="ALL_NEW",
                **_expression(names, values),
                **(guard if condition else {}),
            )
        except ClientError as error:
            return False, _refused(error)
        return True, _unmarshal(reply["Attributes"])

    def _call(self, operation: Any, **arguments: Any) -> dict[str, Any]:
        """The reply. Raises ServiceUnavailable for an empty one, and what aws.translated() does."""
        with aws.translated():
            # A put that was done and an item that is not there are told by an empty answer. So we
            # ask for what no answer then lacks: one without it might hide that a claim was refused.
            reply: dict[str, Any] = operation(
                TableName=self._name, ReturnConsumedCapacity="TOTAL", **arguments
            )
        if "ConsumedCapacity" not in reply:
            raise ServiceUnavailable("DynamoDB: an answer without content")
        return reply


def _expression(names: dict[str, str], values: Item) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if names:
        parts["ExpressionAttributeNames"] = {f"#{name}": real for name, real in names.items()}
    if values:
        parts["ExpressionAttributeValues"] = {
            f":{name}": value for name, value in _marshal(values).items()
        }
    return parts


def _refused(error: ClientError) -> Item:
    if aws.error_code(error) != "ConditionalCheckFailedException":
        raise error
    # boto3 puts the item that made the condition fail beside Error, not inside it.
    return _unmarshal(error.response.get("Item", {}))


def _marshal(item: Any) -> dict[str, dict[str, str]]:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in item.items()
    }


def _unmarshal(item: dict[str, dict[str, str]]) -> Item:
    return {name: int(v["N"]) if "N" in v else v["S"] for name, v in item.items()}
