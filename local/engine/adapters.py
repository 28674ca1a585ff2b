"""Installs every adapter, in one place, before the engine serves its first request."""

from __future__ import annotations

import logging
from typing import Any

from ministack import app as ministack_app

from local.engine import (
    browsers,
    dead_letters,
    definitions,
    deliveries,
    distributed_maps,
    executions,
    functions,
    inert_resources,
    integrations,
    jsonata_expressions,
    map_runs,
    nested_executions,
    presigned_links,
    pseudo_parameters,
    rest_apis,
    s3_events,
    s3_ranges,
    schedules,
    task_tokens,
    template_time,
    terminal_errors,
    training_tasks,
    watching,
)
from local.engine.settings import Settings


def install(settings: Settings) -> Any:
    """Join ministack, moto and awslambdaric; return the ASGI application to serve."""
    # moto logs every caught state error, and samtranslator that nobody collects its metrics.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    functions.install(settings)
    template_time.install(settings.time_scale)
    integrations.install(settings)
    jsonata_expressions.install()
    task_tokens.install()
    definitions.install()
    terminal_errors.install()
    executions.install()
    nested_executions.install()
    training_tasks.install()
    map_runs.install()
    distributed_maps.install()
    s3_events.install()
    s3_ranges.install()
    dead_letters.install()
    schedules.install()
    inert_resources.install()
    pseudo_parameters.install()
    rest_apis.install()
    presigned_links.install()
    watching.install()
    deliveries.install()
    return browsers.keep_out(watching.front(ministack_app.app))
