"""What is withheld never reaches the browser: of it there are previews, which cannot be undone."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import pytest
from PIL import Image
from web.conftest import Visit
from web.visitor import fetched
from workflow.running_system import Stack

from local.deployed_stack import parsed

pytestmark = [pytest.mark.web, pytest.mark.engine]
Grey = np.ndarray[Any, np.dtype[np.float64]]
# What a preview may know of its picture: so many pixels along its longer side.
CELLS = 16


def grey(content: bytes) -> Grey:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("L"), np.float64)


def detail(picture: Grey) -> Grey:
    """What is finer than CELLS pixels could tell."""
    whole = Image.fromarray(picture.astype(np.uint8))
    coarse = whole.reduce(max(whole.size) // CELLS).resize(whole.size, Image.Resampling.BICUBIC)
    return picture - np.asarray(coarse, np.float64)


def test_no_original_can_be_reached(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a fair after midnight", generation=[{"pictures": ["safe", "unsafe"]}])
    visitor.ask("a fair after midnight", count=2)
    mixed = visitor.request_id()
    visitor.result()
    visitor.pictures_are_there()
    stack.script("a fair at midnight", generation=["unsafe"])
    visitor.ask("a fair at midnight")
    withheld = visitor.request_id()
    assert visitor.result() == "The pictures were withheld"
    visitor.pictures_are_there()
    visitor.page.get_by_role("link", name="History").click()
    visitor.expect("#requests li").not_to_have_count(0)

    links = visitor.links()
    shown = {
        f"/{stack.outputs['ImagesBucket']}/{image['key' if image['delivered'] else 'preview_key']}"
        for record in records(stack)
        if record["request_id"] in (mixed, withheld)
        for image in record["images"]
    }
    assert len(shown) == 3
    assert shown <= {urlsplit(url).path for url in links}
    assert not any(stack.outputs["WorkBucket"] in unquote(url) for url in links)
    told = "".join(map(str, visitor.answers()))
    assert not any(part in told for part in (stack.outputs["WorkBucket"], "arn:aws", "preview_key"))
    kept_back = {sha256(content).digest() for content in kept_back_by(stack)}
    for unsafe in (*originals(stack, mixed).values(), *originals(stack, withheld).values()):
        assert sha256(unsafe).digest() in kept_back
    for url in links:
        status, content = fetched(url)
        assert status in (200, 404), urlsplit(url).path
        assert sha256(content).digest() not in kept_back


def test_a_preview_cannot_be_undone(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a fair before midnight", generation=["unsafe"])
    visitor.ask("a fair before midnight")
    visitor.result()
    (original,) = originals(stack, visitor.request_id()).values()

    preview = fetched(str(visitor.page.locator("figure img").get_attribute("src")))[1]

    seen, was = grey(preview), grey(original)
    assert seen.shape == was.shape
    left, lost = detail(seen), detail(was)
    # JPEG's own rounding is all there is, and it knows nothing of what was there.
    assert left.std() < 1.5 < lost.std() / 4
    assert abs(np.corrcoef(left.ravel(), lost.ravel())[0, 1]) < 0.1
    with Image.open(io.BytesIO(preview)) as picture:
        assert not picture.getexif()
        assert picture.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_link_opens_what_it_was_made_for_alone(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a fair at noon", generation=["unsafe"])
    visitor.ask("a fair at noon")
    visitor.result()
    ((key, original),) = originals(stack, visitor.request_id()).items()
    link = urlsplit(str(visitor.page.locator("figure img").get_attribute("src")))
    assert fetched(link.geturl())[0] == 200

    for path in (f"/{stack.outputs['WorkBucket']}/{quote(key)}", link.path.replace("-preview", "")):
        for query in (link.query, link.query.partition("&")[2]):
            status, content = fetched(link._replace(path=path, query=query).geturl())
            assert status == 403, path
            assert content != original


def originals(stack: Stack, request_id: str) -> dict[str, bytes]:
    """The pictures that a request withheld, by their keys in the work bucket."""
    held = stack.objects("WorkBucket")
    images = next(r for r in records(stack) if r["request_id"] == request_id)["images"]
    return {image["key"]: held[image["key"]] for image in images if not image["delivered"]}


def kept_back_by(stack: Stack) -> list[bytes]:
    """What the work bucket holds, the pictures of every attempt included, and nobody is to see."""
    shown = [image for record in records(stack) for image in record.get("images", ())]
    public = {image["preview_key"] for image in shown}
    published = stack.objects("ImagesBucket").values()
    return [
        content
        for key, content in stack.objects("WorkBucket").items()
        if key not in public and content not in published
    ]


def records(stack: Stack) -> list[dict[str, Any]]:
    found = stack.client("dynamodb").scan(TableName=stack.outputs["ResultsTable"])["Items"]
    return [parsed(item) for item in found]
