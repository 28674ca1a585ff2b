"""Batches of prompts: what a row takes of the local engine, and what ten million take on paper."""

import local.policy  # noqa: F401 - makes the functions' modules importable
