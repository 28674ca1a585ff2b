"""The API's description, as OpenAPI: made from schemas/ and one table of operations."""
