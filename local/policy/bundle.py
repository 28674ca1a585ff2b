"""A policy as one document for the policy bucket: everything that the functions need of it."""

import json
from typing import Any

from local.policy.compilation import compiled_part, policy_hash
from shared.bundle import SHAPE, digest
from shared.policy import FORMAT


def make_bundle(policy: dict[str, Any]) -> bytes:
    """The bundle of a policy that `read_policy` has checked."""
    bundle = {
        "format": FORMAT,
        "hash": policy_hash(policy),
        "version": policy["version"],
        "parts": {name: compiled_part(policy, name) for name in SHAPE},
    }
    return json.dumps({**bundle, "digest": digest(bundle)}, ensure_ascii=False).encode()
