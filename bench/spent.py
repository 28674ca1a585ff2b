"""What the calls that a bench counted would cost, at the prices of local/cost/prices.json.

Free tiers and data transfer are left out, and so are Rekognition's lower prices for many pictures.
"""

from __future__ import annotations

from local.cost.prices import shipped
from local.cost.usage import comprehend_units as units_of

# By the name of what is counted: the price, and what it is in words.
COUNTED = {
    "state transitions": ("step-functions.transition", "Step Functions Standard, retries included"),
    "Lambda requests": ("lambda.request", "Lambda requests"),
    "Lambda GB-seconds": ("lambda.gb-second.x86_64", "Lambda x86, duration on this machine"),
    "Comprehend units": (
        "comprehend.toxicity-unit",
        "Comprehend, units of 100 characters, at least 3 a request",
    ),
    "Rekognition images": ("rekognition.image", "Rekognition, first million of a month"),
    "DynamoDB writes": ("dynamodb.write-unit", "DynamoDB writes on demand, one unit each taken"),
    "DynamoDB reads": ("dynamodb.read-unit", "DynamoDB reads on demand, one unit each taken"),
    "S3 writes": ("s3.write", "S3 PUT, COPY"),
    "S3 reads": ("s3.read", "S3 GET, HEAD"),
    "EventBridge events": ("eventbridge.event", "EventBridge custom events"),
    "SNS notices": ("sns.publish", "SNS"),
}
PRICED = shipped().read_on
GPU = "ml.g5.xlarge"
GPU_HOUR = (GPU, shipped().instance(GPU).usd)
_PLANNED_CHARS = 300


def comprehend_units(requests: int) -> int:
    """Of prompts of up to 300 characters, as the plans' are."""
    return requests * int(units_of(_PLANNED_CHARS))


def price(name: str) -> float:
    """USD of one, by the name of what is counted."""
    return shipped()[COUNTED[name][0]].usd


def cost(counts: dict[str, float]) -> dict[str, float]:
    """USD by what was counted; what has no price here is left out."""
    return {name: counts[name] * price(name) for name in COUNTED if name in counts}
