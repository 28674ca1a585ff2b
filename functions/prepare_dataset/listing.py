"""What lies under a set's prefix, object by object: images to judge, and what is no image.

JumpStart documents images as .png, .jpg or .jpeg beside dataset_info.json, and class images in
class_data_dir/; of deeper folders and other files it says nothing, so that they are never handed to
a training.
"""

from typing import Any

from prepare_dataset.info import NAME
from shared.request import InvalidRequest
from shared.s3 import Listed

# A hundred dollars of moderation; a training wants a handful of images.
MOST_OBJECTS = 100_000
# A photo of 50 megapixels as PNG.
MOST_IMAGE_BYTES = 100 * 1024 * 1024
# Copies lie under longer prefixes, and S3's keys have 1,024 bytes at most.
_MOST_NAME_BYTES = 900
_CLASS_FOLDER = "class_data_dir/"
_SUFFIXES = (".png", ".jpg", ".jpeg")

Item = dict[str, Any]


def item_of(listed: Listed, prefix: str, index: int) -> Item | None:
    """{index, key, etag, size, role, problem?}; None for dataset_info.json and folders' markers.

    role is instance, class, or none for what no training reads. A problem is {rule, message}.
    """
    name = listed.key.removeprefix(prefix)
    if name == NAME or (name.endswith("/") and listed.size == 0) or not name:
        return None
    item = {
        "index": index,
        "key": listed.key,
        "etag": listed.etag,
        "size": listed.size,
        "role": _role(name),
    }
    problem = _problem(name, item)
    return item | ({"problem": problem} if problem else {})


def check_images(instances: int, classes: int) -> None:
    """Raises InvalidRequest for a set without images of what is to be learned."""
    if instances:
        return
    beside = f": the {classes} in {_CLASS_FOLDER} are of its class only" if classes else ""
    raise InvalidRequest("prefix", "no_instance_images", f"the set has no instance images{beside}")


def check_size(objects: int) -> None:
    """Raises InvalidRequest for a set that is too large."""
    if objects > MOST_OBJECTS:
        raise InvalidRequest(
            "prefix", "max_images", f"the set has more than {MOST_OBJECTS} objects"
        )


def _role(name: str) -> str:
    file = name.removeprefix(_CLASS_FOLDER)
    if "/" in file or not file.lower().endswith(_SUFFIXES):
        return "none"
    return "instance" if file == name else "class"


def _problem(name: str, item: Item) -> dict[str, str] | None:
    if item["role"] == "none":
        return {"rule": "not_used_by_training", "message": _unused(name)}
    if item["size"] == 0:
        return {"rule": "empty", "message": "the file is empty"}
    if item["size"] > MOST_IMAGE_BYTES:
        message = f"the file has {item['size']} bytes; at most {MOST_IMAGE_BYTES} are read"
        return {"rule": "max_bytes", "message": message}
    if len(name.encode()) > _MOST_NAME_BYTES:
        message = f"the name has more than {_MOST_NAME_BYTES} bytes"
        return {"rule": "max_name", "message": message}
    return None


def _unused(name: str) -> str:
    if not name.lower().endswith(_SUFFIXES):
        return "its name ends in none of .png, .jpg and .jpeg"
    return f"it lies in a folder other than {_CLASS_FOLDER}"
