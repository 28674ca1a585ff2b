"""The log: structured, correlated by request_id, without prompts, tokens or images.

Powertools Logger, because Lambda's own JSON format cannot carry keys across a call's lines. Its
level comes from the standard POWERTOOLS_LOG_LEVEL.
"""

from aws_lambda_powertools.logging import Logger

log = Logger(service="safelight", utc=True)
