"""`safelight page` against an account whose answers have the shapes of AWS's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from unit.local_cli.aws_calls import Account, Json

from local import cli, site
from local.commands import which_stack
from local.commands.failure import FAILED, SUCCESS
from local.deployed_stack import DeployedStack
from local.page.headers import CONTENT_TYPES

Output = pytest.CaptureFixture[str]
URL, CONFIG = "https://d1.cloudfront.net/", '{"api": "/api"}'
OUTPUTS = {
    "PageUrl": URL,
    "PageBucket": "page",
    "PageConfig": CONFIG,
    "DistributionId": "E1",
}
PUBLISH = ["page", "publish", "--stack", "safelight-page"]
STATUS = ["page", "status", "--stack", "safelight-page"]
WRITES = ("put_", "delete_", "create_")
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def served(content: bytes, content_type: str, cache: str = site.CACHE) -> Json:
    """HeadObject's answer."""
    tag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"ETag": f'"{tag}"', "ContentType": content_type, "CacheControl": cache}


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of two files."""
    (tmp_path / "index.html").write_text("<h1>page</h1>", "utf-8")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "main.js").write_text("run()", "utf-8")
    monkeypatch.setattr(site, "PUBLIC", tmp_path)
    return tmp_path


@pytest.fixture
def bucket() -> dict[str, Json]:
    """What lies in the site's bucket, as it is served."""
    return {
        "index.html": served(b"<h1>page</h1>", CONTENT_TYPES[".html"]),
        "parts/main.js": served(b"run()", CONTENT_TYPES[".js"]),
        "config.json": served(CONFIG.encode(), "application/json"),
    }


def listed(bucket: dict[str, Json]) -> Callable[[Json], Json]:
    """ListObjectsV2's answers, a key on each page."""

    def answer(request: Json) -> Json:
        place = int(request.get("ContinuationToken", "0"))
        keys = sorted(bucket)[place : place + 1]
        more = {"NextContinuationToken": str(place + 1)} if place + 1 < len(bucket) else {}
        return {"Contents": [{"Key": key} for key in keys], "IsTruncated": bool(more), **more}

    return answer


@pytest.fixture
def account(public: Path, bucket: dict[str, Json], monkeypatch: pytest.MonkeyPatch) -> Account:
    """One whose site has the page as it is."""
    made = Account(
        {
            "list_objects_v2": listed(bucket),
            "head_object": lambda request: bucket[request["Key"]],
            "get_distribution": distributed(),
        }
    )
    stacks = {"safelight-page": DeployedStack("safelight-page", made, OUTPUTS)}
    monkeypatch.setattr(which_stack, "in_account", lambda name, needs: stacks[name])
    return made


def distributed(status: str = "Deployed", invalidations: int = 0) -> Json:
    """GetDistribution's answer."""
    origin = {"Id": "page", "DomainName": "page.s3.us-east-1.amazonaws.com"}
    config = {
        "CallerReference": "one",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "page", "ViewerProtocolPolicy": "https-only"},
        "Comment": "",
        "Enabled": True,
    }
    return {
        "Distribution": {
            "Id": "E1",
            "ARN": "arn:aws:cloudfront::111122223333:distribution/E1",
            "Status": status,
            "LastModifiedTime": NOW,
            "InProgressInvalidationBatches": invalidations,
            "DomainName": "d1.cloudfront.net",
            "DistributionConfig": config,
        }
    }


def test_the_site_that_has_the_page_is_left_alone(account: Account, capsys: Output) -> None:
    assert cli.main([*PUBLISH, "--yes"]) == SUCCESS
    assert not account.called(*WRITES)
    assert f"{URL} has the page as it is here" in capsys.readouterr().out


def test_what_is_new_is_put_and_what_is_old_is_deleted(
    account: Account, bucket: dict[str, Json], public: Path
) -> None:
    (public / "index.html").write_text("<h1>another</h1>", "utf-8")
    (public / "style.css").write_text("a {}", "utf-8")
    bucket["gone.js"] = served(b"", CONTENT_TYPES[".js"])
    assert cli.main([*PUBLISH, "--yes"]) == SUCCESS
    puts = [request for method, request in account.calls if method == "put_object"]
    # The start page names the others: it comes when they are there.
    assert [put["Key"] for put in puts] == ["style.css", "index.html"]
    assert puts[-1] == {
        "Bucket": "page",
        "Key": "index.html",
        "Body": b"<h1>another</h1>",
        "ContentType": "text/html; charset=utf-8",
        "CacheControl": site.CACHE,
    }
    assert account.called(*WRITES) == [
        "put_object",
        "put_object",
        "delete_object",
        "create_invalidation",
    ]
    assert account.request("delete_object")["Key"] == "gone.js"
    forgotten = account.request("create_invalidation")
    assert forgotten["DistributionId"] == "E1"
    assert forgotten["InvalidationBatch"]["Paths"]["Items"] == ["/*"]


def test_a_file_that_is_served_otherwise_is_put_again(
    account: Account, bucket: dict[str, Json]
) -> None:
    bucket["parts/main.js"] = served(b"run()", "binary/octet-stream")
    bucket["index.html"] = served(b"<h1>page</h1>", CONTENT_TYPES[".html"], cache="no-cache")
    assert cli.main([*PUBLISH, "--yes"]) == SUCCESS
    assert account.called("put_") == ["put_object", "put_object"]


def test_what_the_stack_says_of_itself_is_published(account: Account) -> None:
    now = '{"api": "/api", "auth": {"kind": "key"}}'
    (changed,) = site.changes(account, "page", site.files(site.PUBLIC, now)).put
    assert changed == site.File("config.json", now.encode(), "application/json")


def test_a_dry_run_only_says(account: Account, bucket: dict[str, Json], capsys: Output) -> None:
    del bucket["index.html"]
    bucket["gone.js"] = served(b"", CONTENT_TYPES[".js"])
    assert cli.main([*PUBLISH, "--dry-run"]) == SUCCESS
    told = capsys.readouterr().out
    assert "put index.html (13 bytes)" in told
    assert "delete gone.js" in told
    assert not account.called(*WRITES)


def test_nothing_is_done_where_nobody_can_be_asked(
    account: Account, bucket: dict[str, Json], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bucket["index.html"]
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert cli.main(PUBLISH) == FAILED
    assert not account.called(*WRITES)
    assert "--yes" in capsys.readouterr().err


def test_a_folder_without_a_start_page_or_with_a_strange_file_is_not_published(
    account: Account, public: Path, capsys: Output
) -> None:
    (public / "notes.docx").write_bytes(b"?")
    assert cli.main([*PUBLISH, "--yes"]) == FAILED
    assert "notes.docx" in capsys.readouterr().err
    (public / "notes.docx").unlink()
    (public / "index.html").unlink()
    assert cli.main([*PUBLISH, "--yes"]) == FAILED
    assert "index.html" in capsys.readouterr().err
    assert not account.called(*WRITES)


def test_status_is_good_when_the_page_is_everywhere(account: Account, capsys: Output) -> None:
    assert cli.main(STATUS) == SUCCESS
    assert URL in capsys.readouterr().out


def test_status_tells_what_differs_and_what_is_on_its_way(
    account: Account, bucket: dict[str, Json], capsys: Output
) -> None:
    del bucket["config.json"]
    account.answers["get_distribution"] = distributed("InProgress", invalidations=1)
    assert cli.main(STATUS) == FAILED
    told = capsys.readouterr().out
    assert "put config.json" in told
    assert "safelight page publish --stack safelight-page" in told
    assert told.count("still distributing") == 2


def test_a_stack_must_be_named(capsys: Output) -> None:
    assert cli.main(["page", "status"]) == FAILED
    assert "--stack" in capsys.readouterr().err
