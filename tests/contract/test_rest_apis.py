"""A REST API that a template makes: conditions on the account, its routes, keys and refusals."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deploy import deploy
from local.running import Engine

pytestmark = pytest.mark.engine
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Conditions:
  Here: !Equals [!Ref AWS::AccountId, "000000000000"]
  Elsewhere: !Not [!Condition Here]
Globals:
  Function: {Runtime: python3.13, Timeout: 10, CodeUri: functions/, Handler: app.handler}
Resources:
  Echo:
    Type: AWS::Serverless::Function
  Api:
    Type: AWS::Serverless::Api
    Condition: Here
    Properties:
      StageName: api
      OpenApiVersion: 3.0.1
      DefinitionBody:
        openapi: 3.0.1
        info: {title: Echo, version: "1"}
        paths:
          /things/{id}:
            get: &call
              security: []
              responses: {default: {description: any}}
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                uri: !Sub
                  - "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${A}/invocations"
                  - {A: !GetAtt Echo.Arn}
            delete: *call
          /keyed: {get: {<<: *call, security: [{apiKey: []}]}}
        components: {securitySchemes: {apiKey: {type: apiKey, name: x-api-key, in: header}}}
        x-amazon-apigateway-gateway-responses:
          MISSING_AUTHENTICATION_TOKEN:
            statusCode: 404
            responseParameters: {gatewayresponse.header.Content-Type: "'application/problem+json'"}
            responseTemplates: {application/json: '{"code": "not_found"}'}
  NeverMade:
    Type: AWS::SQS::Queue
    Condition: Elsewhere
Outputs:
  ApiId: {Condition: Here, Value: !Ref Api}
  Elsewhere: {Condition: Elsewhere, Value: never}
"""
FUNCTION = """
import json

def handler(event, _):
    if event["httpMethod"] == "DELETE":
        return {"statusCode": 204, "headers": {}, "body": ""}
    told = {name: event[name] for name in ("httpMethod", "resource", "path", "pathParameters")}
    told["context_path"] = event["requestContext"]["path"]
    told |= {"key": event["requestContext"]["identity"].get("apiKeyId", "none")}
    return {"statusCode": 200, "headers": {"ETag": 'W/"1"'}, "body": json.dumps(told)}
"""


@pytest.fixture(scope="module")
def outputs(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("api")
    (folder / "functions").mkdir()
    (folder / "functions" / "app.py").write_text(FUNCTION)
    (folder / "template.yaml").write_text(TEMPLATE)
    yield deploy(engine.endpoint, Path(folder / "template.yaml"), "rest-api", {})
    engine.client("cloudformation").delete_stack(StackName="rest-api")


def call(
    engine: Engine, outputs: dict[str, str], path: str, key: str = "", method: str = "GET"
) -> Any:
    url = f"{engine.endpoint}/restapis/{outputs['ApiId']}/api/_user_request_{path}"
    headers = {"x-api-key": key} if key else {}
    asked = urllib.request.Request(url, headers=headers, method=method)  # noqa: S310
    try:
        return urllib.request.urlopen(asked)  # noqa: S310
    except urllib.error.HTTPError as refused:
        return refused


def test_a_condition_may_ask_for_the_account(outputs: dict[str, str]) -> None:
    assert "Elsewhere" not in outputs


def test_a_call_reaches_its_function_as_on_aws(engine: Engine, outputs: dict[str, str]) -> None:
    with call(engine, outputs, "/things/one") as answer:
        assert answer.headers["ETag"] == 'W/"1"'
        assert json.load(answer) == {
            "httpMethod": "GET",
            "resource": "/things/{id}",
            "path": "/things/one",
            "pathParameters": {"id": "one"},
            "context_path": "/api/things/one",
            "key": "none",
        }


def test_what_is_deleted_is_answered_without_a_body(
    engine: Engine, outputs: dict[str, str]
) -> None:
    with call(engine, outputs, "/things/one", method="DELETE") as answer:
        assert (answer.status, answer.read()) == (204, b"")
    with call(engine, outputs, "/keyed", method="DELETE") as answer:
        assert answer.status == 404


def test_a_route_that_is_not_there_is_refused_as_the_definition_says(
    engine: Engine, outputs: dict[str, str]
) -> None:
    with call(engine, outputs, "/nothing") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
        assert json.load(answer) == {"code": "not_found"}


def test_a_call_without_its_key_is_refused(engine: Engine, outputs: dict[str, str]) -> None:
    with call(engine, outputs, "/keyed") as answer:
        assert answer.status == 403


def test_a_call_with_its_key_says_whose_it_is(engine: Engine, outputs: dict[str, str]) -> None:
    gateway = engine.client("apigateway")
    plan = gateway.create_usage_plan(
        name="plan", apiStages=[{"apiId": outputs["ApiId"], "stage": "api"}]
    )["id"]
    key = gateway.create_api_key(name="caller", enabled=True)
    with call(engine, outputs, "/keyed", key["value"]) as answer:
        assert answer.status == 403
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    with call(engine, outputs, "/keyed", key["value"]) as answer:
        assert json.load(answer)["key"] == key["id"]
