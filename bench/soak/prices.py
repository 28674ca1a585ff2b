"""What the calls that were counted would cost at list prices, us-east-1, in USD.

AWS's own price pages change; the prices were read from public sources of 2026 on PRICED. Free tiers
and data transfer are left out.
"""

from __future__ import annotations

PRICED = "2026-11-20"
# (USD per unit, what a unit is). DetectToxicContent is taken to cost what built-in analysis does.
PRICES = {
    "state transitions": (0.025e-3, "Step Functions Standard, retries included"),
    "Lambda requests": (0.20e-6, "Lambda requests"),
    "Lambda GB-seconds": (16.6667e-6, "Lambda x86, duration on this machine"),
    "Comprehend units": (0.1e-3, "Comprehend, units of 100 characters, at least 3 a request"),
    "Rekognition images": (1.0e-3, "Rekognition, first million of a month"),
    "DynamoDB writes": (0.625e-6, "DynamoDB writes on demand, one unit each taken"),
    "DynamoDB reads": (0.125e-6, "DynamoDB reads on demand, one unit each taken"),
    "S3 writes": (5.0e-6, "S3 PUT, COPY"),
    "S3 reads": (0.4e-6, "S3 GET, HEAD"),
    "EventBridge events": (1.0e-6, "EventBridge custom events"),
    "SNS notices": (0.5e-6, "SNS"),
}
GPU_HOUR = ("ml.g5.xlarge", 1.408)
_LEAST_COMPREHEND_UNITS = 3


def comprehend_units(requests: int) -> int:
    """Of prompts of up to 300 characters, as the plan's are."""
    return requests * _LEAST_COMPREHEND_UNITS


def cost(counts: dict[str, float]) -> dict[str, float]:
    """USD by what was counted; what has no price here is left out."""
    return {name: counts[name] * price for name, (price, _) in PRICES.items() if name in counts}
