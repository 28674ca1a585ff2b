"""web/site.yaml as CloudFormation deploys it, and `safelight page` on what it made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract.machines import unique

from local import cli
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.deploy import DeployError, deploy
from local.deployed_stack import DeployedStack
from local.running import Engine

pytestmark = pytest.mark.engine
SITE = Path(__file__).parents[2] / "web" / "site.yaml"
MAIN = {"ApiId": "a1b2c3d4e5", "ImagesBucket": "pictures"}
STACK = "safelight-page"


@pytest.fixture(scope="session")
def pool(engine: Engine) -> dict[str, str]:
    """A user pool with sign-in pages, as an operator makes it before the stacks."""
    cognito = engine.client("cognito-idp")
    made = cognito.create_user_pool(PoolName=unique("pool"))["UserPool"]["Id"]
    cognito.create_user_pool_domain(Domain=unique("sign-in"), UserPoolId=made)
    return {"UserPoolId": made, "UserPoolDomain": "sign-in.auth.us-east-1.amazoncognito.com"}


@pytest.fixture(scope="session")
def outputs(engine: Engine, pool: dict[str, str]) -> dict[str, str]:
    return deploy(engine.endpoint, SITE, STACK, {**MAIN, "ApiAuth": "cognito", **pool})


@pytest.fixture
def page(
    engine: Engine, outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The page's folder, for commands that mean the stack on the engine."""
    stack = DeployedStack(STACK, engine.client, outputs)
    monkeypatch.setattr(which_stack, "in_account", lambda name, needs: stack)
    monkeypatch.setattr("local.site.PUBLIC", tmp_path)
    (tmp_path / "index.html").write_text("<h1>page</h1>", "utf-8")
    return tmp_path


def test_the_app_client_sends_its_users_to_the_page(
    engine: Engine, outputs: dict[str, str], pool: dict[str, str]
) -> None:
    config = json.loads(outputs["PageConfig"])
    client = engine.client("cognito-idp").describe_user_pool_client(
        UserPoolId=pool["UserPoolId"], ClientId=config["auth"]["client_id"]
    )["UserPoolClient"]
    assert client["CallbackURLs"] == [outputs["PageUrl"]]
    assert "ClientSecret" not in client


def test_the_distribution_serves_page_and_api(engine: Engine, outputs: dict[str, str]) -> None:
    distribution = engine.client("cloudfront").get_distribution(Id=outputs["DistributionId"])
    config = distribution["Distribution"]["DistributionConfig"]
    page, api = config["Origins"]["Items"]
    assert page["DomainName"].startswith(f"{outputs['PageBucket']}.s3.")
    assert page["OriginAccessControlId"]
    assert api["DomainName"] == "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    assert outputs["PageUrl"] == f"https://{distribution['Distribution']['DomainName']}/"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ApiAuth": "iam"}, "no AWS credentials"),
        ({"ApiAuth": "none"}, "make no API on AWS"),
        ({"ApiAuth": "cognito"}, "UserPoolId and UserPoolDomain"),
        ({"ApiAuth": "key", "DomainName": "pictures.example.com"}, "go together"),
    ],
)
def test_what_cannot_work_is_refused_with_a_reason(
    engine: Engine, given: dict[str, str], why: str
) -> None:
    with pytest.raises(DeployError, match=why):
        deploy(engine.endpoint, SITE, unique("refused"), {**MAIN, **given})


def test_the_page_is_published_and_changed(
    engine: Engine, outputs: dict[str, str], page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish, status = (["page", word, "--stack", STACK] for word in ("publish", "status"))
    assert cli.main(status) == FAILED
    assert cli.main([*publish, "--yes"]) == SUCCESS
    assert cli.main(status) == SUCCESS
    start = head(engine, outputs, "index.html")
    assert start["ContentType"] == "text/html; charset=utf-8"
    assert "must-revalidate" in start["CacheControl"]
    s3 = engine.client("s3")
    told = s3.get_object(Bucket=outputs["PageBucket"], Key="config.json")["Body"].read()
    assert told.decode() == outputs["PageConfig"]

    (page / "style.css").write_text("a {}", "utf-8")
    s3.put_object(Bucket=outputs["PageBucket"], Key="old.js", Body=b"")
    capsys.readouterr()
    assert cli.main([*publish, "--yes"]) == SUCCESS
    said = capsys.readouterr().out
    assert "put style.css" in said
    assert "delete old.js" in said
    assert "index.html" not in said
    listed = s3.list_objects_v2(Bucket=outputs["PageBucket"])["Contents"]
    assert [entry["Key"] for entry in listed] == ["config.json", "index.html", "style.css"]
    forgotten = engine.client("cloudfront").list_invalidations(
        DistributionId=outputs["DistributionId"]
    )
    assert forgotten["InvalidationList"]["Quantity"] == 2


def head(engine: Engine, outputs: dict[str, str], key: str) -> Any:
    return engine.client("s3").head_object(Bucket=outputs["PageBucket"], Key=key)
