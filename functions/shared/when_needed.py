"""Adapters that few of a function's calls need: every cold start would pay for them otherwise."""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.s3 import Storage
    from shared.stepfunctions import StepFunctions


@functools.cache
def storage() -> "Storage":
    """S3, imported and made at the first call."""
    from shared.s3 import Storage

    return Storage()


@functools.cache
def step_functions() -> "StepFunctions":
    """Step Functions, imported and made at the first call."""
    from shared.stepfunctions import StepFunctions

    return StepFunctions()
