"""Python functions run in AWS's own runtime client, whichever way they were created.

ministack runs `python*` functions in a worker script of its own, which loses the exception's class
name and stack trace, and those names are what `ErrorEquals` matches. Its `provided.*` path speaks
the real Runtime API, so a python function is treated as one whose bootstrap starts awslambdaric.
The choice is made per invocation, so it holds for our deployer, `sam deploy` and CreateFunction.

Private names: lambda_svc._execute_function_warm (replaced for python), _provided_worker_env
(replaced), _resolve_layer_zip, _docker_extracted_dir, _runtime_env_vars,
_xray_trace_id_for_invocation. There is no public hook at which an executor can be chosen.
"""

from __future__ import annotations

import os
import secrets
import sysconfig
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from local.engine import function_pool
from local.engine.seams import replace
from local.engine.settings import AI_SERVICES, Settings
from local.faults.callers import access_key

Result = dict[str, Any]
# What functions sign with: nobody else can make a link.
SECRET_KEY = secrets.token_hex(20)


def install(settings: Settings) -> None:
    """Route python functions to awslambdaric and scrub every function's environment."""
    function_pool.configure(settings.max_processes)

    def execute(function: Result, event: Any, request_id: str) -> Result:
        config = function.get("config") or function
        if not str(config.get("Runtime", "")).startswith("python"):
            return others(function, event, request_id)
        return _invoke(function, config, event, request_id)

    def environment(config: Result, code_dir: str, port: int) -> dict[str, str]:
        return function_environment(settings, config, code_dir, port)

    others: Callable[[Result, Any, str], Result] = replace(
        lambda_svc, "_execute_function_warm", execute
    )
    replace(lambda_svc, "_provided_worker_env", environment)


def _invoke(function: Result, config: Result, event: Any, request_id: str) -> Result:
    with function_pool.lease(config, function["code_zip"]) as worker:
        result = worker.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn", ""),
        )
    if result["status"] == "ok":
        return {"body": result["result"], "log": result["log"]}
    return {"body": result["error_payload"], "error": True, "log": result["log"]}


def function_environment(
    settings: Settings, config: Result, code_dir: str, port: int
) -> dict[str, str]:
    """What Lambda sets, the endpoints, and nothing of the host's but PATH.

    Native packages come from the engine's own site-packages, last on the path so that what a
    function or its layer brings goes first. HOME points into the code so that no ~/.aws is read.
    """
    name = config["FunctionName"]
    region = config["FunctionArn"].split(":")[3]
    search_path = [code_dir, *_layer_paths(config), sysconfig.get_paths()["purelib"]]
    return {
        **lambda_svc._runtime_env_vars(config),
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": code_dir,
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(search_path),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        **_log_controls(config),
        "AWS_LAMBDA_LOG_GROUP_NAME": _log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{os.getpid()}/{port}",
        "LAMBDA_TASK_ROOT": code_dir,
        "_HANDLER": config.get("Handler", ""),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key(name, port),
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": "local",
        **_endpoints(settings),
    }


def _log_controls(config: Result) -> dict[str, str]:
    """What AWS's runtime client reads to write logs as JSON lines of a level."""
    given = config.get("LoggingConfig") or {}
    named = {"AWS_LAMBDA_LOG_FORMAT": "LogFormat", "AWS_LAMBDA_LOG_LEVEL": "ApplicationLogLevel"}
    return {variable: given[name] for variable, name in named.items() if given.get(name)}


def _log_group(config: Result) -> str:
    named = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(named or f"/aws/lambda/{config['FunctionName']}")


def _endpoints(settings: Settings) -> dict[str, str]:
    endpoints = {"AWS_ENDPOINT_URL": settings.endpoint}
    if settings.ai_endpoint:
        for service in AI_SERVICES:
            endpoints[f"AWS_ENDPOINT_URL_{service}"] = settings.ai_endpoint
    return endpoints


def _layer_paths(config: Result) -> list[str]:
    archives = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or []]
    unpacked = [
        lambda_svc._docker_extracted_dir(archive, "layer") for archive in archives if archive
    ]
    return [os.path.join(folder, "python") for folder in unpacked]
