"""Serves a text-to-image model behind a SageMaker endpoint: `python -m server serve`."""
