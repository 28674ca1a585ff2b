"""Every object under a set's prefix becomes an item, with or without a problem; few become none."""

from datetime import UTC, datetime

import pytest

from prepare_dataset.listing import (
    MOST_IMAGE_BYTES,
    MOST_OBJECTS,
    check_images,
    check_size,
    item_of,
)
from shared.request import InvalidRequest
from shared.s3 import Listed

PREFIX = "datasets/cats/"


def listed(name: str, size: int = 1000) -> Listed:
    return Listed(PREFIX + name, "0" * 32, size, datetime.now(UTC))


def test_an_image_is_an_item() -> None:
    assert item_of(listed("a b+%2F.png"), PREFIX, 7) == {
        "index": 7,
        "key": "datasets/cats/a b+%2F.png",
        "etag": "0" * 32,
        "size": 1000,
        "role": "instance",
    }


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("1.jpg", "instance"),
        ("1.JPEG", "instance"),
        ("class_data_dir/1.png", "class"),
        ("=1+1.png", "instance"),
        ("<script>.png", "instance"),
    ],
)
def test_where_an_image_lies_says_what_it_is_for(name: str, role: str) -> None:
    item = item_of(listed(name), PREFIX, 0)
    assert item is not None
    assert (item["role"], item.get("problem")) == (role, None)


@pytest.mark.parametrize("name", ["", "dataset_info.json"])
def test_what_is_no_item(name: str) -> None:
    assert item_of(listed(name), PREFIX, 0) is None


@pytest.mark.parametrize("name", ["class_data_dir/", "old/"])
def test_a_folders_marker_is_no_item(name: str) -> None:
    assert item_of(listed(name, 0), PREFIX, 0) is None


@pytest.mark.parametrize(
    ("name", "size", "rule"),
    [
        ("notes.txt", 10, "not_used_by_training"),
        ("1.webp", 10, "not_used_by_training"),
        ("png", 10, "not_used_by_training"),
        (".DS_Store", 10, "not_used_by_training"),
        ("old/1.png", 10, "not_used_by_training"),
        ("class_data_dir/old/1.png", 10, "not_used_by_training"),
        ("class_data_dir/../1.png", 10, "not_used_by_training"),
        ("Class_Data_Dir/1.png", 10, "not_used_by_training"),
        ("/1.png", 10, "not_used_by_training"),
        ("old/", 10, "not_used_by_training"),
        ("old/dataset_info.json", 10, "not_used_by_training"),
        ("1.png", 0, "empty"),
        ("1.png", MOST_IMAGE_BYTES + 1, "max_bytes"),
        (f"{'ä' * 460}.png", 10, "max_name"),
    ],
)
def test_what_cannot_be_judged_is_never_skipped(name: str, size: int, rule: str) -> None:
    item = item_of(listed(name, size), PREFIX, 0)
    assert item is not None
    assert item["problem"]["rule"] == rule
    assert item["problem"]["message"]


@pytest.mark.parametrize(("classes", "says"), [(0, "no instance images"), (7, "the 7 in")])
def test_a_set_needs_instance_images(classes: int, says: str) -> None:
    check_images(1, classes)
    with pytest.raises(InvalidRequest, match=says) as raised:
        check_images(0, classes)
    assert raised.value.rule == "no_instance_images"


def test_a_set_is_not_endless() -> None:
    check_size(MOST_OBJECTS)
    with pytest.raises(InvalidRequest) as raised:
        check_size(MOST_OBJECTS + 1)
    assert raised.value.rule == "max_images"
