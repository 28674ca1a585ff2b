"""The log: one line per call, correlated by request_id, without prompts, tokens or images.

The standard library's logger and Lambda's own JSON format, which writes a line's facts beside its
message and Lambda's requestId. Powertools' Logger is more comfortable, and costs a third of a bare
client's whole cold start.
"""

import logging

log = logging.getLogger("safelight")


def tell(message: str, **facts: object) -> None:
    """Writes one line of level INFO. Facts are identifiers, verdicts, counts: no content."""
    log.info(message, extra=facts)
