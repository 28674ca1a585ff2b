"""What an instance of an endpoint costs an hour, us-east-1, in USD.

AWS's own price pages change; these were read from public sources of 2024 to 2026 on PRICED.
"""

from __future__ import annotations

PRICED = "2026-11-20"
HOURLY = {
    "ml.g4dn.xlarge": 0.7364,
    "ml.g4dn.2xlarge": 0.94,
    "ml.g4dn.4xlarge": 1.505,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.g5.4xlarge": 2.03,
    "ml.g6.xlarge": 1.127,
    "ml.p3.2xlarge": 3.825,
}


def hourly(instance_type: str) -> str:
    """In words, for one instance."""
    price = HOURLY.get(instance_type)
    if price is None:
        return f"what {instance_type} costs an hour is not known here"
    return f"{price:g} USD an hour, {price * 24:.0f} a day (us-east-1, read {PRICED})"
