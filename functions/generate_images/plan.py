"""What one attempt asks of the generator: seed, negative prompt, and JumpStart's request."""

import hashlib
import re
from typing import Any

STAGE = "GenerateImages"
_MAX_SEED = 2**32 - 1
# Stable Diffusion's pipelines, and with them JumpStart, leave guidance out up to here.
_UNGUIDED = 1
_PIECES = re.compile(r"\w+|[^\w\s]")


def seed_for(request: dict[str, Any], request_id: str, run: int, attempt: int) -> int:
    """The caller's seed for the first attempt, else one of its own for every attempt."""
    if attempt == 1 and "seed" in request:
        return int(request["seed"])
    text = f"{request.get('seed', '')}\n{request_id}\n{run}\n{attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % _MAX_SEED


def negative_prompt(
    policy: dict[str, Any], labels: list[str], callers: str
) -> tuple[str, list[str], int]:
    """(the text, what the labels added, how many phrases were cut).

    Policy's phrases first, then those for labels found before, then the caller's; each once, and
    no more than the text encoder reads.
    """
    by_label = policy["negative_prompt_by_label"]
    added = [phrase for label in labels for phrase in by_label.get(label, ())]
    caller = [phrase for part in callers.split(",") if (phrase := part.strip())]
    wanted = list(dict.fromkeys(policy["negative_prompt"] + added + caller))
    kept: list[str] = []
    left = policy["max_tokens"]
    for phrase in wanted:
        left -= _tokens(phrase) + 1  # and its comma
        if left < 0:
            break
        kept.append(phrase)
    return (
        ", ".join(kept),
        [phrase for phrase in dict.fromkeys(added) if phrase in kept],
        len(wanted) - len(kept),
    )


def negative_prompt_warnings(cut: int, guidance_scale: float) -> list[dict[str, Any]]:
    """That phrases were cut, if any were; that the model heeds none, if it does not."""
    warnings = []
    if cut:
        message = f"the negative prompt was too long: its last {cut} phrase(s) were cut"
        warnings.append(_warning("max_tokens", message))
    if guidance_scale <= _UNGUIDED:
        message = f"with a guidance scale of {_UNGUIDED} or less the model heeds no negative prompt"
        warnings.append(_warning("guidance_scale", message))
    return warnings


def model_request(request: dict[str, Any], negative: str, seed: int) -> dict[str, Any]:
    """JumpStart's text-to-image request."""
    return {
        "prompt": request["prompt"],
        "negative_prompt": negative,
        "width": request["width"],
        "height": request["height"],
        "num_images_per_prompt": request["num_images"],
        "num_inference_steps": request["num_inference_steps"],
        "guidance_scale": request["guidance_scale"],
        "seed": seed,
    }


def _tokens(phrase: str) -> int:
    """How many tokens a CLIP tokenizer makes of it at most, guessed high.

    Four letters each for Latin words; a digit, or a byte of any other script, may be one.
    """
    return sum(
        -(-len(piece) // 4) if piece.isascii() and piece.isalpha() else len(piece.encode())
        for piece in _PIECES.findall(phrase)
    )


def _warning(rule: str, message: str) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "category": "negative_prompt",
        "rule": rule,
        "action": "warn",
        "message": message,
    }
