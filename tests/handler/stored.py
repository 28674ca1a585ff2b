"""What the workflow leaves behind, as the handlers' tests put it there: records and pictures."""

import json
from typing import Any

WORK = "safelight-work-example"


def put_item(aws: Any, table: str, item: dict[str, Any]) -> None:
    """Puts an item; what is no text and no number is stored as JSON."""
    typed = {
        name: {"N": str(value)}
        if isinstance(value, int)
        else {"S": value if isinstance(value, str) else json.dumps(value)}
        for name, value in item.items()
    }
    aws("dynamodb").put_item(TableName=table, Item=typed)


def picture(index: int, verdict: str = "safe", **changes: Any) -> dict[str, Any]:
    """As StoreImages and ModerateImages leave it, in the private bucket."""
    return {
        "index": index,
        "verdict": verdict,
        "bucket": WORK,
        "key": f"pictures/secret/{index}.jpg",
        "version_id": f"w{index}",
        "sha256": "0" * 64,
        "bytes": 48213,
        "format": "jpeg",
        "width": 512,
        "height": 768,
        "phash": "0123456789abcdef",
        "preview_bucket": WORK,
        "preview_key": f"pictures/secret/{index}-preview.jpg",
        "preview_version_id": f"wp{index}",
        "labels": ["Weapons"],
        **changes,
    }
