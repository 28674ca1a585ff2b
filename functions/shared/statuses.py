"""The statuses that a record can have, by what they mean. Imports nothing: cold starts pay it."""

OPEN = frozenset({"RUNNING", "IN_REVIEW"})
BLOCKED = frozenset({"BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED"})
# Technical ends: the same request may end otherwise another time.
RETRYABLE = frozenset({"FAILED", "EXPIRED"})
# Ends that may be followed by another run.
RERUNNABLE = RETRYABLE | {"REFUSED"}
ENDS = BLOCKED | RERUNNABLE | {"COMPLETED", "INVALID"}
