"""Who may call the API, and whose its requests are, with keys, user pools and IAM on the engine.

The engine takes any signature of a key id that it knows: that IAM checks it, and what a policy
allows, is AWS's alone.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from workflow.running_system import Stack

from local.ai.running import StandIns
from local.running import Engine

pytestmark = pytest.mark.engine
System = tuple[Engine, StandIns]
Headers = dict[str, str]
# Of users that live as long as the tests.
PASSWORD = "Silver-gelatin-12"
ROUTES = [
    ("POST", "/images"),
    ("GET", "/images"),
    ("GET", "/images/api-1"),
    ("GET", "/images/api-1/events"),
    ("POST", "/moderations/prompt"),
    ("POST", "/moderations/image"),
    ("GET", "/health"),
    ("GET", "/openapi.json"),
]
BODY = {"POST": {"prompt": "a teapot"}}


def serve(system: System, auth: str, **parameters: str) -> Iterator[Stack]:
    stack = Stack(*system, f"auth-{auth}", {"ApiAuth": auth, **parameters})
    yield stack
    stack.delete()


def call(
    stack: Stack, method: str, path: str, headers: Headers | None = None, body: object = None
) -> tuple[int, Any]:
    """Status and body of an answer."""
    status, told, answer = stack.ask(method, path, body, **(headers or {}))
    assert status < 400 or told["Content-Type"] == "application/problem+json"
    return status, answer


def requested(stack: Stack, headers: Headers, **body: str) -> str:
    """The id of a request that was accepted."""
    status, accepted = call(stack, "POST", "/images", headers, {"prompt": "a teapot", **body})
    assert status == 202, accepted
    return str(accepted["request_id"])


def record(stack: Stack, request_id: str) -> dict[str, Any]:
    """What is recorded of a request that has ended."""
    machine = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    return stack.ended(f"{machine}:{request_id}").record


@pytest.fixture(scope="module")
def keyed(system: System) -> Iterator[Stack]:
    yield from serve(system, "key")


def key_of(stack: Stack, name: str) -> tuple[str, Headers]:
    """A new API key of the stack's plan: its id, and what shows it."""
    gateway = stack.client("apigateway")
    key = gateway.create_api_key(name=name, enabled=True)
    plan = stack.outputs["ApiUsagePlan"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    return key["id"], {"x-api-key": key["value"]}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_no_route_answers_without_a_key(keyed: Stack, route: tuple[str, str]) -> None:
    for headers in ({}, {"x-api-key": "a-guess-of-twenty-chars"}):
        assert call(keyed, *route, headers, BODY.get(route[0]))[0] == 403


def test_a_request_is_its_keys_and_no_other_key_sees_it(keyed: Stack) -> None:
    key_id, mine = key_of(keyed, "mine")
    _, others = key_of(keyed, "other")
    request_id = requested(keyed, mine, requester="anna")
    assert record(keyed, request_id)["requester"] == f"api:key:{key_id}/anna"
    status, shown = call(keyed, "GET", f"/images/{request_id}", mine)
    assert (status, shown["status"]) == (200, "COMPLETED")
    for path in (f"/images/{request_id}", f"/images/{request_id}/events"):
        unknown = call(keyed, "GET", "/images/api-0-0", others)
        assert call(keyed, "GET", path, others) == unknown
        assert unknown[0] == 404
    listed = call(keyed, "GET", "/images?requester=anna", mine)[1]["requests"]
    assert [one["request_id"] for one in listed] == [request_id]
    assert call(keyed, "GET", "/images?requester=anna", others)[1]["requests"] == []


def test_the_same_idempotency_key_of_two_callers_is_two_requests(keyed: Stack) -> None:
    ids = set()
    for name in ("first", "second"):
        _, headers = key_of(keyed, name)
        again = {**headers, "Idempotency-Key": "order-1"}
        ids.add(requested(keyed, again))
        assert requested(keyed, again) in ids
    assert len(ids) == 2


def test_a_key_that_is_deleted_is_refused(keyed: Stack) -> None:
    key_id, headers = key_of(keyed, "gone")
    assert call(keyed, "GET", "/health", headers)[0] == 200
    keyed.client("apigateway").delete_api_key(apiKey=key_id)
    status, answer = call(keyed, "GET", "/health", headers)
    assert (status, answer["status"], answer["code"]) == (403, 403, "forbidden")


@pytest.fixture(scope="module")
def pools(system: System) -> list[dict[str, str]]:
    """Two user pools, with an app client each."""
    cognito = system[0].client("cognito-idp")
    made = []
    for name in ("ours", "others"):
        pool = cognito.create_user_pool(PoolName=name)["UserPool"]
        client = cognito.create_user_pool_client(
            UserPoolId=pool["Id"], ClientName="page", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]
        made.append({"arn": pool["Arn"], "id": pool["Id"], "client": client["ClientId"]})
    return made


@pytest.fixture(scope="module")
def signed_in(system: System, pools: list[dict[str, str]]) -> Iterator[Stack]:
    yield from serve(system, "cognito", ApiUserPoolArn=pools[0]["arn"])


def token_of(stack: Stack, pool: dict[str, str], name: str) -> tuple[str, Headers]:
    """A new user of a pool: who that is, and the id token that shows it."""
    cognito = stack.client("cognito-idp")
    user = {"UserPoolId": pool["id"], "Username": name}
    made = cognito.admin_create_user(**user, MessageAction="SUPPRESS")["User"]
    cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
    tokens = cognito.initiate_auth(
        ClientId=pool["client"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    attributes = {each["Name"]: each["Value"] for each in made["Attributes"]}
    return attributes["sub"], {"Authorization": tokens["IdToken"]}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_no_route_answers_without_a_token(signed_in: Stack, route: tuple[str, str]) -> None:
    for headers in ({}, {"Authorization": "not.a.token"}):
        assert call(signed_in, *route, headers, BODY.get(route[0]))[0] == 401


def test_a_token_of_another_pool_is_refused(signed_in: Stack, pools: list[dict[str, str]]) -> None:
    _, headers = token_of(signed_in, pools[1], "somebody")
    assert call(signed_in, "GET", "/images", headers)[0] == 401


def test_a_token_that_was_changed_is_refused(signed_in: Stack, pools: list[dict[str, str]]) -> None:
    _, headers = token_of(signed_in, pools[0], "forger")
    head, claims, signature = headers["Authorization"].split(".")
    forged = ".".join(
        [head, claims[:-4] + ("AAAA" if claims[-4:] != "AAAA" else "BBBB"), signature]
    )
    assert call(signed_in, "GET", "/images", {"Authorization": forged})[0] == 401


def test_a_request_is_its_users_and_no_other_user_sees_it(
    signed_in: Stack, pools: list[dict[str, str]]
) -> None:
    sub, mine = token_of(signed_in, pools[0], "anna")
    _, others = token_of(signed_in, pools[0], "ben")
    request_id = requested(signed_in, mine)
    assert record(signed_in, request_id)["requester"] == f"api:cognito:{sub}"
    assert call(signed_in, "GET", f"/images/{request_id}", mine)[0] == 200
    assert call(signed_in, "GET", f"/images/{request_id}", others)[0] == 404


@pytest.fixture(scope="module")
def signed(system: System) -> Iterator[Stack]:
    yield from serve(system, "iam")


def signature_of(stack: Stack, name: str, method: str, path: str, body: object = None) -> Headers:
    """The headers of a call that a new IAM user has signed."""
    iam = stack.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    content = None if body is None else json.dumps(body)
    url = f"{stack.engine.endpoint}/restapis/{stack.outputs['ApiId']}/api/_user_request_{path}"
    asked = AWSRequest(method, url, {"Content-Type": "application/json"}, content)
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(asked)
    return dict(asked.headers)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_no_route_answers_a_call_that_is_not_signed(signed: Stack, route: tuple[str, str]) -> None:
    assert call(signed, *route, {}, BODY.get(route[0]))[0] == 403


def test_a_request_is_the_signers(signed: Stack) -> None:
    body = {"prompt": "a teapot"}
    headers = signature_of(signed, "shop", "POST", "/images", body)
    request_id = requested(signed, headers)
    who = "arn:aws:iam::000000000000:user/shop"
    assert record(signed, request_id)["requester"] == f"api:iam:{who}"
    other = signature_of(signed, "stall", "GET", f"/images/{request_id}")
    assert call(signed, "GET", f"/images/{request_id}", other)[0] == 404
