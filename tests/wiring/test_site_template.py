"""web/site.yaml: a private bucket, one distribution in front of it and of the API."""

import json
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse
from security.stack import Stack
from wiring.system import ROOT, TEMPLATE

from local import site
from local.page.headers import STRICT_TRANSPORT_SECURITY, security_headers

SITE: dict[str, Any] = yaml_parse((ROOT / "web" / "site.yaml").read_text("utf-8"))
GIVEN = {"ApiId": "a1b2c3d4e5", "ImagesBucket": "pictures", "ApiAuth": "key"}
PICTURES = "https://pictures.s3.us-east-1.amazonaws.com"
SIGN_IN = "mine.auth.us-east-1.amazoncognito.com"
POOL = {"ApiAuth": "cognito", "UserPoolId": "us-east-1_abc", "UserPoolDomain": SIGN_IN}
OWN = {
    "DomainName": "pictures.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/ours",
}
KEYS = Stack(GIVEN, template=SITE)
USERS = Stack(GIVEN | POOL, template=SITE)
DESK = Stack(GIVEN | {"WorkBucket": "work"}, template=SITE)
NAMED = Stack(GIVEN | POOL | OWN, template=SITE)
BUCKET_ARN = KEYS.arn("PageBucket")


def one_of(stack: Stack, kind: str) -> dict[str, Any]:
    (found,) = stack.of_type(kind).values()
    return found


def distribution(stack: Stack) -> dict[str, Any]:
    config: dict[str, Any] = one_of(stack, "AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def output(stack: Stack, name: str) -> str:
    return str(stack.resolved(SITE["Outputs"][name]["Value"]))


def test_what_it_asks_for_the_main_stack_gives() -> None:
    assert {"ApiId", "ImagesBucket", "WorkBucket"} <= TEMPLATE["Outputs"].keys()
    offered = TEMPLATE["Parameters"]["ApiAuth"]["AllowedValues"]
    assert SITE["Parameters"]["ApiAuth"]["AllowedValues"] == offered


def test_the_bucket_is_private_encrypted_versioned_and_tidy() -> None:
    bucket = one_of(KEYS, "AWS::S3::Bucket")
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "SSEAlgorithm" in json.dumps(bucket["BucketEncryption"])
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"]
    assert rule["AbortIncompleteMultipartUpload"]


def test_nobody_but_the_distribution_reads_the_bucket_and_nobody_without_tls() -> None:
    policy = one_of(KEYS, "AWS::S3::BucketPolicy")["PolicyDocument"]
    tls, read = policy["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Resource"] == [BUCKET_ARN, f"{BUCKET_ARN}/*"]
    assert (read["Effect"], read["Action"]) == ("Allow", "s3:GetObject")
    assert read["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    (condition,) = read["Condition"].items()
    ours = "arn:aws:cloudfront::000000000000:distribution/Distribution"
    assert condition == ("StringEquals", {"aws:SourceArn": ours})


def test_the_page_is_read_by_signed_calls_and_the_api_over_tls() -> None:
    origins = {origin["Id"]: origin for origin in distribution(KEYS)["Origins"]}
    assert origins["page"]["OriginAccessControlId"] == "SignedReads"
    signing = one_of(KEYS, "AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (signing["SigningBehavior"], signing["SigningProtocol"]) == ("always", "sigv4")
    assert origins["api"]["DomainName"] == "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    asked = origins["api"]["CustomOriginConfig"]
    assert (asked["OriginProtocolPolicy"], asked["OriginSSLProtocols"]) == (
        "https-only",
        ["TLSv1.2"],
    )
    # API Gateway gives up after 29 seconds.
    assert asked["OriginReadTimeout"] > 29


def test_calls_of_the_api_are_never_kept_nor_is_an_error() -> None:
    (api,) = distribution(KEYS)["CacheBehaviors"]
    assert api["PathPattern"] == "/api/*"
    assert api["ViewerProtocolPolicy"] == "https-only"
    assert {"POST", "GET", "OPTIONS"} <= set(api["AllowedMethods"])
    # CloudFront Developer Guide, Use managed origin request policies: AllViewerExceptHostHeader.
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    # Control how long CloudFront caches errors: those that it keeps whatever the origin says, and
    # no page of its own instead, which would hide the API's answers.
    errors = distribution(KEYS)["CustomErrorResponses"]
    assert {error["ErrorCode"] for error in errors} >= {404, 414, 500, 501, 502, 503, 504, 400, 403}
    assert all(
        error == {"ErrorCode": error["ErrorCode"], "ErrorCachingMinTTL": 0} for error in errors
    )


def test_calls_of_two_callers_are_never_joined() -> None:
    (api,) = distribution(KEYS)["CacheBehaviors"]
    assert api["CachePolicyId"] == "CallersApart"
    policy = one_of(KEYS, "AWS::CloudFront::CachePolicy")["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
    told_by = policy["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
    assert told_by == {"HeaderBehavior": "whitelist", "Headers": ["Authorization", "X-Api-Key"]}


@pytest.mark.parametrize(
    ("stack", "pictures", "sign_in"),
    [
        (KEYS, PICTURES, ""),
        (USERS, PICTURES, f"https://{SIGN_IN}"),
        (DESK, f"{PICTURES} https://work.s3.us-east-1.amazonaws.com", ""),
    ],
)
def test_every_answer_has_the_headers_of_the_local_page(
    stack: Stack, pictures: str, sign_in: str
) -> None:
    config = distribution(stack)
    for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert behavior["ResponseHeadersPolicyId"] == "Headers"
    policy = one_of(stack, "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    assert all(header["Override"] for header in security.values())
    hsts = security["StrictTransportSecurity"]
    age = f"max-age={hsts['AccessControlMaxAgeSec']}"
    assert f"{age}; includeSubDomains" == STRICT_TRANSPORT_SECURITY
    assert hsts["IncludeSubdomains"] is True
    said = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    said["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    said["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    said["X-Content-Type-Options"] = "nosniff"
    assert security["ContentTypeOptions"] == {"Override": True}
    assert said == security_headers(pictures, sign_in)


def test_a_name_of_its_own_takes_no_old_tls() -> None:
    config = distribution(NAMED)
    assert config["Aliases"] == [OWN["DomainName"]]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution(KEYS)["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert "Aliases" not in distribution(KEYS)


def test_rules_of_waf_and_logs_are_there_if_wished() -> None:
    assert not {"WebACLId", "Logging"} & distribution(KEYS).keys()
    acl = "arn:aws:wafv2:us-east-1:000000000000:global/webacl/ours/id"
    logs = "logs.s3.us-east-1.amazonaws.com"
    guarded = distribution(
        Stack(GIVEN | {"WebAclArn": acl, "AccessLogsBucket": logs}, template=SITE)
    )
    assert guarded["WebACLId"] == acl
    # Whoever signs in keeps no cookie of ours to be logged, and none is.
    assert guarded["Logging"]["IncludeCookies"] is False


def test_keys_need_no_app_client() -> None:
    assert not KEYS.of_type("AWS::Cognito::UserPoolClient")
    assert json.loads(output(KEYS, "PageConfig")) == {
        "api": "/api",
        "auth": {"kind": "key"},
        "stand_ins": False,
        "reviews": False,
    }


def test_the_page_leads_to_the_desk_where_there_is_one() -> None:
    assert json.loads(output(DESK, "PageConfig"))["reviews"] is True


@pytest.mark.parametrize("stack", [USERS, NAMED])
def test_users_sign_in_by_code_at_the_page_alone(stack: Stack) -> None:
    client = one_of(stack, "AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == client["LogoutURLs"] == [output(stack, "PageUrl")]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    # No password is ever typed into the page.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert json.loads(output(stack, "PageConfig"))["auth"] == {
        "kind": "cognito",
        "authorize_url": f"https://{SIGN_IN}/oauth2/authorize",
        "token_url": f"https://{SIGN_IN}/oauth2/token",
        "client_id": "PageClient",
        "scope": "openid",
    }


def test_the_page_can_be_published_as_it_is() -> None:
    files = site.files(site.PUBLIC, output(KEYS, "PageConfig"))
    assert files[-1].key == "index.html"
    assert len(files) > 5
    assert not (site.PUBLIC / site.CONFIG).exists()
