"""The API's description, as OpenAPI: made from schemas/ and one table of operations."""

import local.policy  # noqa: F401 - makes the functions' modules importable
