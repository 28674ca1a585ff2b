"""The variables with which `sam local` reaches a running local stack, as SAM CLI reads them.

SAM CLI hands a function only those variables of the file that the template declares. It declares
the addresses; the others are for whoever calls the handlers without SAM CLI.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from local.deployed_stack import DeployedStack
from local.engine.settings import AI_SERVICES, REGION

_FUNCTION = "AWS::Lambda::Function"
# Where containers usually see the host; a wildcard is no address to go to.
BRIDGE = "172.17.0.1"
WILDCARD = "0.0.0.0"  # noqa: S104


def write_local_env(path: Path, stack: DeployedStack, stand_ins: str, endpoint: str) -> None:
    """One object per function of the template: its variables, and where AWS answers."""
    everywhere = {
        "AWS_ENDPOINT_URL": endpoint,
        **{f"AWS_ENDPOINT_URL_{service}": stand_ins for service in AI_SERVICES},
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }
    functions = {name: _variables(stack, physical) for name, physical in _functions(stack).items()}
    content = {name: {**own, **everywhere} for name, own in sorted(functions.items())}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def seen_by_containers(url: str, host: str) -> str:
    """The same address for somebody inside a container."""
    parts = urlsplit(url)
    reached = BRIDGE if host == WILDCARD else host
    return urlunsplit(parts._replace(netloc=f"{reached}:{parts.port}"))


def _functions(stack: DeployedStack) -> dict[str, str]:
    resources = stack.client("cloudformation").describe_stack_resources(StackName=stack.name)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == _FUNCTION
    }


def _variables(stack: DeployedStack, function: str) -> dict[str, str]:
    described = stack.client("lambda").get_function_configuration(FunctionName=function)
    variables: dict[str, str] = described.get("Environment", {}).get("Variables", {})
    return variables
