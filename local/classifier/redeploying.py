"""The lines that have a stack ask its own classifier, or another again.

`sam deploy --parameter-overrides` keeps the value that the stack has of every parameter that is not
named: SAM CLI sends UsePreviousValue for it, and the list in samconfig.toml is not read. `engine`
is the local engine's address, without which the line would mean a stack in an account.
"""

from __future__ import annotations

_NONE = """'{}=""'"""
_GUARDRAIL = ("GuardrailArn", "GuardrailVersion")


def ask_own(stack: str, parameters: dict[str, str], endpoint: str, engine: str = "") -> str:
    """The line after which the stack asks the endpoint."""
    others = [_NONE.format(name) for name in _GUARDRAIL if parameters.get(name)]
    pairs = ["ClassifierBackend=custom", f"ClassifierEndpointArn={endpoint}", *others]
    return _line(stack, pairs, engine)


def ask_comprehend(stack: str, engine: str = "") -> str:
    """The line after which it asks DetectToxicContent, which needs no endpoint."""
    pairs = ["ClassifierBackend=toxicity", _NONE.format("ClassifierEndpointArn")]
    return _line(stack, pairs, engine)


def _line(stack: str, pairs: list[str], engine: str) -> str:
    where = f"AWS_ENDPOINT_URL={engine} " if engine else ""
    return f"{where}sam deploy --stack-name {stack} --parameter-overrides {' '.join(pairs)}"
