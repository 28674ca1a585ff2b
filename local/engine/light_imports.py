"""Keeps moto from loading all of EC2: 1.6 s and 130 MB for the name of a job's status.

The interpreter imports every service integration; the one for AWS Batch takes `JobStatus` from
moto.batch, whose package imports moto.ec2 with its tables of regions and instance types. No public
setting leaves an integration out, so the two module names are taken before moto is imported.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from types import ModuleType
from typing import Any


class _JobStatus(StrEnum):
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def install() -> None:
    """Must run before anything of moto's interpreter is imported."""
    utils: Any = ModuleType("moto.batch.utils")
    utils.JobStatus = _JobStatus
    for module in (ModuleType("moto.batch"), utils):
        sys.modules.setdefault(module.__name__, module)
