"""`make openapi`: writes the description that GET /openapi.json answers."""

from local.openapi.description import DESCRIPTION, text

DESCRIPTION.write_text(text(), "utf-8")
print(f"Wrote {DESCRIPTION}.")
