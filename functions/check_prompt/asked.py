"""What a caller wants judged: a prompt as it would be requested, and by which layers."""

from dataclasses import dataclass

from shared.request import InvalidRequest, check_fields, normalised

LAYERS = ("keywords", "classifier")
_OF_A_REQUEST = ("prompt", "negative_prompt", "language")


@dataclass(frozen=True)
class Asked:
    """The texts are normalised; `layers` are of LAYERS."""

    prompt: str
    negative_prompt: str
    language: str
    layers: tuple[str, ...]


def read_asked(body: dict[str, object]) -> Asked:
    """Raises InvalidRequest, by the rules of schemas/request.schema.json for what it has in common.

    Without `layers`, all of them are asked.
    """
    check_fields(body, (*_OF_A_REQUEST, "layers"), "a check")
    request = normalised({name: value for name, value in body.items() if name != "layers"})
    layers = _layers(body.get("layers", list(LAYERS)))
    return Asked(**{name: request[name] for name in _OF_A_REQUEST}, layers=layers)


def _layers(given: object) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise InvalidRequest("layers", "type", "layers must be of type array")
    if not given:
        raise InvalidRequest("layers", "minItems", "layers must have at least 1 entry")
    if any(layer not in LAYERS for layer in given):
        raise InvalidRequest("layers", "enum", f"layers must be of {', '.join(LAYERS)}")
    if len(set(given)) < len(given):
        raise InvalidRequest("layers", "uniqueItems", "layers must name a layer once")
    return tuple(given)
