"""`safelight classifier status`: what answers, how good it is, what it costs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.classifier_files import policy_labels
from local.commands.failure import FAILED, SUCCESS
from local.commands.policy_file import add_policy

if TYPE_CHECKING:
    from rich.console import Console

    from local.deployed_stack import DeployedStack

_EXAMPLES = """\
  safelight classifier status
  safelight classifier status --stack safelight
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show the classifier's endpoint, its cost, its models and its last training"
    parser = subcommand(subparsers, "status", summary, _EXAMPLES, run)
    add_policy(parser)
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Show it; the status says whether the stack asks an endpoint that does not answer."""
    from local.classifier.account import OUTPUTS, asks_own, find_endpoint, last_training
    from local.commands.classifier_view import print_reasons, print_report, say
    from local.commands.console import console
    from local.commands.which_stack import which_stack

    stack, screen = which_stack(args.stack, OUTPUTS), console()
    parameters, endpoint = stack.parameters(), find_endpoint(stack)
    own = asks_own(stack, parameters)
    _tell_endpoint(screen, stack, endpoint, bool(args.stack))
    say(screen, f"The stack asks: {_asked(parameters, own)}")
    _print_models(screen, stack, (endpoint or {}).get("ModelArn", ""))
    job = last_training(stack)
    if job:
        say(screen, f"Last training: {job['job_id']}, {job['status']}, {job['updated_at']}")
        print_report(screen, job, policy_labels(args))
        print_reasons(screen, job)
    answers = endpoint is not None and endpoint["Status"] in ("IN_SERVICE", "UPDATING")
    if own and not answers:
        say(screen, "Every prompt ends as FAILED: the stack asks what does not answer.")
        return FAILED
    return SUCCESS


def _tell_endpoint(
    screen: Console, stack: DeployedStack, endpoint: dict[str, Any] | None, pays: bool
) -> None:
    from local.classifier.account import ENDPOINT, scaling_of
    from local.classifier.costs import HERE, UNIT_DAY
    from local.commands.classifier_view import say

    if endpoint is None:
        say(screen, f"There is no endpoint {stack.outputs[ENDPOINT]}: nothing is paid for it.")
        return
    units, scaling = endpoint.get("CurrentInferenceUnits", 0), scaling_of(stack)
    bounds = "not scaled"
    if scaling:
        limit = "" if scaling.utilisation is None else f", kept at {scaling.utilisation:g} % of use"
        bounds = f"scaled between {scaling.least} and {scaling.most}{limit}"
    message = f" ({endpoint['Message']})" if endpoint.get("Message") else ""
    say(screen, f"endpoint  {endpoint['EndpointArn']}: {endpoint['Status']}{message}")
    say(screen, f"model     {endpoint['ModelArn']}")
    say(screen, f"units     {units} of {endpoint['DesiredInferenceUnits']} wanted, {bounds}")
    cost = f"{units * UNIT_DAY:.2f} USD a day for these units" if pays else HERE
    say(screen, f"cost      {cost}")


def _asked(parameters: dict[str, str], own: bool) -> str:
    backend = parameters.get("ClassifierBackend", "")
    if own:
        return f"{backend}, this endpoint"
    other = parameters.get("ClassifierEndpointArn")
    return f"{backend}, another endpoint: {other}" if other else backend


def _print_models(screen: Console, stack: DeployedStack, serving: str) -> None:
    from local.classifier.account import models
    from local.commands.table import print_table

    rows = [
        (
            f"{one['SubmitTime']:%Y-%m-%d %H:%M}",
            one["Status"],
            _f1(one),
            "in service" if one["DocumentClassifierArn"] == serving else "",
            one["DocumentClassifierArn"],
        )
        for one in models(stack)
    ]
    if rows:
        print_table(screen, "Models", ("begun", "status", "macro F1", "", "ARN"), rows)


def _f1(model: dict[str, Any]) -> str:
    metrics = model.get("ClassifierMetadata", {}).get("EvaluationMetrics", {})
    return f"{metrics['F1Score']:.4f}" if "F1Score" in metrics else ""
