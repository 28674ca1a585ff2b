"""The safety layers alone, asked through the API by somebody who has a generator."""

import base64
import io
import json
from typing import Any

import jsonschema
import pytest
from PIL import Image
from referencing import Registry, Resource
from workflow.running_system import ROOT, Stack

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe

pytestmark = pytest.mark.engine
CALM = "a red  fox in the snow, early in the morning"
PROMPT, IMAGE = "/moderations/prompt", "/moderations/image"


def encoded(picture: Image.Image, kind: str = "PNG") -> dict[str, str]:
    file = io.BytesIO()
    picture.save(file, kind)
    return {"image": base64.b64encode(file.getvalue()).decode()}


def check(name: str, answer: object) -> None:
    """Asserts that an answer is as the API's description says."""
    schemas = {
        path.name: json.loads(path.read_text("utf-8")) for path in (ROOT / "schemas").glob("*.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    described = {"$ref": f"api.schema.json#/definitions/{name}"}
    jsonschema.Draft7Validator(described, registry=registry).validate(answer)


def test_a_clean_prompt(stack: Stack) -> None:
    status, headers, answer = stack.ask("POST", PROMPT, {"prompt": CALM})

    assert (status, headers["Cache-Control"]) == (200, "no-store")
    check("prompt_verdict", answer)
    assert (answer["verdict"], answer["prompt"]) == ("clean", CALM.replace("  ", " "))
    assert answer["layers"]["classifier"]["classification"]["backend"] == "custom"
    assert answer["usage"]["comprehend_units"] == 3


def test_each_layer_judges_a_prompt(stack: Stack) -> None:
    prompt = "a nude figure beside a checked tablecloth"
    stack.script(prompt, comprehend=["unsafe"])

    _, _, answer = stack.ask("POST", PROMPT, {"prompt": prompt})

    check("prompt_verdict", answer)
    assert [layer["verdict"] for layer in answer["layers"].values()] == ["block", "block"]
    assert [reason["stage"] for reason in answer["reasons"]] == ["FilterKeywords", "ClassifyPrompt"]


def test_words_alone_ask_nobody(stack: Stack) -> None:
    prompt = "an owl that nobody classifies"
    status, _, answer = stack.ask("POST", PROMPT, {"prompt": prompt, "layers": ["keywords"]})

    check("prompt_verdict", answer)
    assert (status, answer["usage"], answer["layers"].keys()) == (200, {}, {"keywords"})
    assert stack.stand_ins.calls("ClassifyDocument", prompt) == 0


def test_without_the_classifier_there_is_no_verdict(stack: Stack) -> None:
    prompt = "a barn that is checked while the classifier is away"
    stack.script(prompt, comprehend=[{"error": "AccessDeniedException"}])
    assert stack.ask("POST", PROMPT, {"prompt": prompt})[0] == 500
    stack.script(prompt, comprehend=[{"error": "ResourceUnavailableException"}])

    status, headers, answer = stack.ask("POST", PROMPT, {"prompt": prompt})

    check("problem", answer)
    assert (status, answer["code"], "Retry-After" in headers) == (503, "unavailable", True)


def test_a_safe_picture(stack: Stack) -> None:
    picture = paint("a fox", "", 0, (256, 256))
    for kind in ("PNG", "JPEG"):
        status, _, answer = stack.ask("POST", IMAGE, encoded(picture, kind))
        check("image_verdict", answer)
        assert (status, answer["verdict"], answer["reasons"]) == (200, "safe", [])
        assert answer["model"].startswith("local-")


def test_an_unsafe_picture(stack: Stack) -> None:
    picture = paint_unsafe(Marker((("Weapons", 88.0),), False), 0, (256, 256))

    _, _, answer = stack.ask("POST", IMAGE, encoded(picture))

    check("image_verdict", answer)
    assert (answer["verdict"], answer["labels"]) == ("unsafe", ["Violence", "Weapons"])
    assert [reason["label"] for reason in answer["reasons"]] == ["Weapons"]


@pytest.mark.parametrize(
    "body",
    [
        encoded(Image.new("RGB", (79, 300))),
        encoded(Image.new("RGB", (99, 99)), "WEBP"),
        {"image": base64.b64encode(b"\x89PNG\r\n\x1a\n and no more").decode()},
    ],
    ids=["small", "webp", "broken"],
)
def test_what_nobody_can_read(body: dict[str, str], stack: Stack) -> None:
    status, _, answer = stack.ask("POST", IMAGE, body)
    check("problem", answer)
    assert (status, answer["code"], answer["errors"][0]["field"]) == (
        422,
        "unreadable_image",
        "image",
    )


def test_the_largest_picture_arrives_and_nothing_is_left_of_it(stack: Stack) -> None:
    before = stack.objects("WorkBucket").keys()
    picture = base64.b64decode(encoded(paint("a fox", "", 0, (256, 256)))["image"])
    largest = {"image": base64.b64encode(picture.ljust(4_000_000, b"\0")).decode()}

    assert stack.ask("POST", IMAGE, largest)[0] == 200

    largest["image"] = base64.b64encode(picture.ljust(4_000_001, b"\0")).decode()
    status, _, answer = stack.ask("POST", IMAGE, largest)
    check("problem", answer)
    assert (status, answer["code"]) == (413, "too_large")
    assert stack.objects("WorkBucket").keys() == before
