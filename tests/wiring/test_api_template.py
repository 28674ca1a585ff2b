"""The template's API: who may call what in each mode, and what API Gateway itself answers."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from handler.api_schemas import check
from security.stack import Stack
from wiring.system import RESOURCES, parameter, setting

POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc"
ORIGIN = "https://example.com"
ON_AWS = {"AWS::AccountId": "111122223333"}
MODES = {"iam": {}, "cognito": {"ApiUserPoolArn": POOL}, "key": {}, "none": {}}
STACKS = {mode: Stack({"ApiAuth": mode, **more}) for mode, more in MODES.items()}
SHOWN_BY = {"iam": "sigv4", "cognito": "userPool", "key": "apiKey"}
ROUTES = {
    ("post", "/images"): "RequestImages",
    ("get", "/images"): "ReadRequests",
    ("get", "/images/{id}"): "ReadRequests",
    ("get", "/images/{id}/events"): "ReadRequests",
    ("get", "/health"): "ReadRequests",
    ("get", "/openapi.json"): "ReadRequests",
    ("post", "/moderations/prompt"): "CheckPrompt",
    ("post", "/moderations/image"): "CheckImage",
    ("post", "/images/{id}/appeal"): "AppealRequest",
    ("get", "/reviews"): "ReadReviews",
    ("get", "/reviews/{id}"): "ReadReviews",
    ("post", "/reviews/{id}/claim"): "DecideReview",
    ("delete", "/reviews/{id}/claim"): "DecideReview",
    ("post", "/reviews/{id}/decision"): "DecideReview",
}
FUNCTIONS = sorted(set(ROUTES.values()))
# Amazon API Gateway quotas, REST APIs: the integration's time-out.
API_GATEWAY_SECONDS = 29
OF_THE_API = {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"}


def body(stack: Stack) -> dict[str, Any]:
    (api,) = stack.of_type("AWS::ApiGateway::RestApi").values()
    definition: dict[str, Any] = api["Body"]
    return definition


def methods(stack: Stack) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, operations in body(stack)["paths"].items()
        for method, operation in operations.items()
    }


def stage(stack: Stack) -> dict[str, Any]:
    (found,) = stack.of_type("AWS::ApiGateway::Stage").values()
    return found


def target(operation: dict[str, Any]) -> str:
    integration = operation["x-amazon-apigateway-integration"]
    assert integration["type"] == "aws_proxy"
    found = re.search(r"function:(\w+)Function/invocations$", integration["uri"])
    assert found
    return found[1]


@pytest.mark.parametrize("mode", MODES)
def test_every_route_leads_to_its_function(mode: str) -> None:
    routes = {route: target(operation) for route, operation in methods(STACKS[mode]).items()}
    assert routes == ROUTES


@pytest.mark.parametrize(("mode", "scheme"), SHOWN_BY.items())
def test_every_method_asks_who_calls(mode: str, scheme: str) -> None:
    for operation in methods(STACKS[mode]).values():
        assert operation["security"] == [{scheme: []}]


def test_what_the_schemes_are() -> None:
    signed = body(STACKS["iam"])["components"]["securitySchemes"]["sigv4"]
    assert signed["x-amazon-apigateway-authtype"] == "awsSigv4"
    pool = body(STACKS["cognito"])["components"]["securitySchemes"]["userPool"]
    assert pool["x-amazon-apigateway-authtype"] == "cognito_user_pools"
    authorizer = pool["x-amazon-apigateway-authorizer"]
    assert authorizer == {"type": "cognito_user_pools", "providerARNs": [POOL]}
    assert body(STACKS["key"])["components"]["securitySchemes"]["apiKey"]["name"] == "x-api-key"
    for mode in ("iam", "key", "none"):
        assert "userPool" not in body(STACKS[mode])["components"]["securitySchemes"]


def test_none_asks_nobody_and_is_made_in_the_local_account_only() -> None:
    assert all(operation["security"] == [] for operation in methods(STACKS["none"]).values())
    there = Stack({"ApiAuth": "none", **ON_AWS})
    assert there.resources.keys() == Stack({"ApiAuth": "off", **ON_AWS}).resources.keys()


@pytest.mark.parametrize("mode", ["none", "off"])
def test_without_an_api_nothing_of_it_is_left(mode: str) -> None:
    left = Stack({"ApiAuth": mode, **ON_AWS})
    assert not OF_THE_API & {resource["Type"] for resource in left.resources.values()}
    conditional = {name for name, made in RESOURCES.items() if made.get("Condition") == "ServeApi"}
    assert not conditional & left.resources.keys()
    assert {f"{name}{part}" for name in FUNCTIONS for part in ("Function", "Role", "LogGroup")} <= (
        conditional
    )


@pytest.mark.parametrize("mode", ["iam", "cognito", "key"])
def test_on_aws_there_is_an_api_in_every_other_mode(mode: str) -> None:
    there = Stack({"ApiAuth": mode, **MODES[mode], **ON_AWS})
    assert {resource["Type"] for resource in there.resources.values()} >= OF_THE_API


def test_by_default_callers_sign() -> None:
    assert parameter("ApiAuth")["Default"] == "iam"
    assert body(Stack()) == body(STACKS["iam"])


def test_a_change_of_who_may_call_reaches_the_stage() -> None:
    assert RESOURCES["SafelightApi"]["Properties"]["AlwaysDeploy"] is True


def test_keys_belong_to_a_plan_and_only_they_do() -> None:
    (plan,) = STACKS["key"].of_type("AWS::ApiGateway::UsagePlan").values()
    ((name, _),) = STACKS["key"].of_type("AWS::ApiGateway::RestApi").items()
    (served,) = plan["ApiStages"]
    assert served["ApiId"] == name
    assert {key: int(value) for key, value in plan["Throttle"].items()} == {
        "RateLimit": parameter("ApiRate")["Default"],
        "BurstLimit": parameter("ApiBurst")["Default"],
    }
    for mode in ("iam", "cognito", "none"):
        assert not STACKS[mode].of_type("AWS::ApiGateway::UsagePlan")


@pytest.mark.parametrize("mode", MODES)
def test_every_method_is_throttled(mode: str) -> None:
    (setting_,) = stage(STACKS[mode])["MethodSettings"]
    assert (setting_["HttpMethod"], setting_["ResourcePath"]) == ("*", "/*")
    assert int(setting_["ThrottlingRateLimit"]) == parameter("ApiRate")["Default"]
    assert int(setting_["ThrottlingBurstLimit"]) == parameter("ApiBurst")["Default"]
    # Bodies of calls, prompts that is, would be in the logs.
    assert not setting_.get("DataTraceEnabled")
    assert "LoggingLevel" not in setting_


def test_nothing_answers_other_origins_unless_asked_to() -> None:
    for stack in STACKS.values():
        assert not [method for method, _ in methods(stack) if method == "options"]
        assert "Access-Control" not in json.dumps(body(stack))


@pytest.mark.parametrize(("mode", "scheme"), SHOWN_BY.items())
def test_one_other_origin_is_answered_if_asked_to(mode: str, scheme: str) -> None:
    stack = Stack({"ApiAuth": mode, **MODES[mode], "ApiCorsOrigin": ORIGIN})
    paths = {path for _, path in ROUTES}
    made = methods(stack)
    for path in paths:
        # A preflight has no credentials to show.
        assert "security" not in made["options", path]
        assert target(made["options", path]) == "ReadRequests"
    for route in ROUTES:
        assert made[route]["security"] == [{scheme: []}]
    for response in body(stack)["x-amazon-apigateway-gateway-responses"].values():
        said = response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert said == f"'{ORIGIN}'"


@pytest.mark.parametrize("mode", MODES)
def test_what_api_gateway_refuses_is_a_problem_too(mode: str) -> None:
    responses = body(STACKS[mode])["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "THROTTLED"} <= responses.keys()
    for response in responses.values():
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"
        (template,) = response["responseTemplates"].values()
        # The variable is a JSON string already, with its quotes.
        problem = json.loads(template.replace("$context.error.messageString", '"why"'))
        check(problem, "api#problem")
        assert problem.get("status") == (
            int(response["statusCode"]) if "statusCode" in response else None
        )


def test_calls_are_written_down_if_asked_to_without_what_they_say() -> None:
    assert "AccessLogSetting" not in stage(STACKS["iam"])
    logged = stage(Stack({"ApiAccessLogs": "true"}))["AccessLogSetting"]
    fields = json.loads(logged["Format"])
    variables = {value.removeprefix("$context.") for value in fields.values()}
    assert not [name for name in variables if re.search(r"path$|query|sourceIp|apiKey$", name)]
    assert {"status", "httpMethod", "resourcePath", "identity.apiKeyId"} <= variables


@pytest.mark.parametrize("name", FUNCTIONS)
def test_api_gateway_may_call_a_function_by_its_routes_alone(name: str) -> None:
    (permission,) = [
        body
        for body in STACKS["iam"].of_type("AWS::Lambda::Permission").values()
        if body["FunctionName"] == f"{name}Function"
    ]
    assert permission["Principal"] == "apigateway.amazonaws.com"
    place = permission["SourceArn"].partition(":SafelightApi/api/")[2]
    called_by = {
        to for (method, path), to in ROUTES.items() if fnmatchcase(f"{method.upper()}{path}", place)
    }
    # Whatever has no other function is ReadRequests', preflights of all routes among it.
    assert called_by == ({name} if name != "ReadRequests" else set(FUNCTIONS))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_goes_on_for_long_when_api_gateway_has_given_up(name: str) -> None:
    assert setting(f"{name}Function", "Timeout") <= API_GATEWAY_SECONDS + 1


def test_who_waits_is_answered_before_api_gateway_gives_up() -> None:
    """Its clock runs while a function starts; the function's own does not."""
    cold_start = 2
    assert setting("RequestImagesFunction", "Timeout") + cold_start <= API_GATEWAY_SECONDS
