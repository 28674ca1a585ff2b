"""Links that functions sign work: S3 knows the keys that the functions' processes are given.

ministack checks presigned requests against its own access keys only. Private name: s3's
resolve_credential.
"""

from __future__ import annotations

from typing import Any

from ministack.core.iam_evaluator import ResolvedCredential
from ministack.services import s3

from local.engine.functions import SECRET_KEY
from local.engine.seams import replace
from local.engine.settings import ACCOUNT
from local.faults.callers import caller_of


def install() -> None:
    """Have S3 look among the functions' keys first."""
    replace(s3, "resolve_credential", _with_functions(s3.resolve_credential))


def _with_functions(resolve: Any) -> Any:
    def resolved(access_key: str, *account_and_token: Any) -> Any:
        function = caller_of(access_key)
        if not function:
            return resolve(access_key, *account_and_token)
        return ResolvedCredential(
            access_key_id=access_key,
            secret_access_key=SECRET_KEY,
            session_token=None,
            account_id=ACCOUNT,
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{function}/{function}",
            principal_id=access_key,
            principal_type="AssumedRole",
            source_access_key_id=access_key,
        )

    return resolved
