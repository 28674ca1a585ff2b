"""A stack's records, as DynamoDB gives them: an answer ends at 1 MB, whatever was asked for."""

import boto3
from botocore.stub import Stubber

from local.deployed_stack import DeployedStack


def test_a_requesters_records_are_read_over_several_answers() -> None:
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    stack = DeployedStack("s", lambda _: client, {"ResultsTable": "table"})
    ids = [{"request_id": {"S": name}} for name in ("one", "two", "three")]
    with Stubber(client) as stubber:
        for items, more in ((ids[:1], ids[0]), (ids[1:], None)):
            answer = {"Items": items, **({"LastEvaluatedKey": more} if more else {})}
            stubber.add_response("query", answer)
        found = stack.records_of("s3:prompts", limit=2)
    assert [record["request_id"] for record in found] == ["one", "two"]
