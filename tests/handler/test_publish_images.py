"""PublishImages' handler: judged pictures in; those that may leave copied out."""

from collections.abc import Callable
from typing import Any

import pytest

WORK, IMAGES = "safelight-work-example", "safelight-images-example"
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def publish(aws: Any, call: Call, event: Event) -> Callable[[str], Any]:
    """Stores the event's pictures, overwrites each with a later version, and calls the handler."""

    def publish(scenario: str) -> Any:
        payload = event(f"publish_images/{scenario}")
        for image in payload["images"]:
            for part in ("", "preview_"):
                key = image[f"{part}key"]
                judged = aws("s3").put_object(Bucket=WORK, Key=key, Body=f"judged {key}".encode())
                if image[f"{part}version_id"]:
                    image[f"{part}version_id"] = judged["VersionId"]
                aws("s3").put_object(Bucket=WORK, Key=key, Body=b"written afterwards")
        return call("publish_images", payload)["images"]

    return publish


def lying_in(aws: Any, bucket: str) -> dict[str, bytes]:
    found = aws("s3").list_objects_v2(Bucket=bucket).get("Contents", ())
    return {
        thing["Key"]: aws("s3").get_object(Bucket=bucket, Key=thing["Key"])["Body"].read()
        for thing in found
    }


def test_what_is_delivered_is_the_version_that_was_judged(
    publish: Any, aws: Any, event: Event
) -> None:
    (image,) = publish("safe")

    (judged,) = event("publish_images/safe")["images"]
    assert lying_in(aws, IMAGES) == {image["key"]: f"judged {judged['key']}".encode()}
    assert (image["bucket"], image["delivered"]) == (IMAGES, True)
    assert image["key"].endswith("/1/0.jpg")
    stored = aws("s3").head_object(Bucket=IMAGES, Key=image["key"])
    assert image["version_id"] == stored["VersionId"]
    changed = {"bucket", "key", "version_id", "delivered", "preview_version_id"}
    assert {n: v for n, v in image.items() if n not in changed} == {
        n: v for n, v in judged.items() if n not in changed
    }


def test_unsafe_pictures_stay_where_they_are(publish: Any, aws: Any) -> None:
    safe, unsafe = publish("safe_and_unsafe")

    assert list(lying_in(aws, IMAGES)) == [safe["key"]]
    assert (unsafe["bucket"], unsafe["delivered"]) == (WORK, False)
    assert "preview_published" not in unsafe


@pytest.mark.parametrize(
    "scenario", ["safe_and_unsafe_where_the_stack_warns", "unsafe_where_the_stack_warns"]
)
def test_where_the_stack_warns_the_preview_is_shown(
    scenario: str, publish: Any, aws: Any, event: Event
) -> None:
    *_, unsafe = publish(scenario)

    *_, judged = event(f"publish_images/{scenario}")["images"]
    assert unsafe["preview_published"]
    assert (unsafe["bucket"], unsafe["preview_bucket"]) == (WORK, IMAGES)
    shown = lying_in(aws, IMAGES)
    assert shown[unsafe["preview_key"]] == f"judged {judged['preview_key']}".encode()
    assert f"judged {judged['key']}".encode() not in shown.values()


def test_a_preview_that_was_published_before_an_appeal_stays_where_it_is(
    aws: Any, call: Call, event: Event
) -> None:
    """PublishImages may not read the images bucket."""
    payload = event("publish_images/" + "rejected_on_appeal")

    (image,) = call("publish_images", payload)["images"]

    assert image == payload["images"][0] | {"delivered": False}
    assert lying_in(aws, IMAGES) == {}


def test_what_is_approved_on_appeal_is_delivered_without_its_preview(publish: Any) -> None:
    (image,) = publish("approved_on_appeal")

    assert (image["bucket"], image["delivered"]) == (IMAGES, True)
    assert "preview_published" not in image


def test_a_picture_without_a_version_is_never_delivered(publish: Any, aws: Any) -> None:
    with pytest.raises(Exception, match="version id") as raised:
        publish("safe_without_a_version")
    assert type(raised.value).__name__ == "NotModerated"
    assert lying_in(aws, IMAGES) == {}


def test_a_retry_copies_to_the_same_place(publish: Any, aws: Any) -> None:
    first, second = publish("safe"), publish("safe")
    assert first[0]["key"] == second[0]["key"]
    assert len(lying_in(aws, IMAGES)) == 1
