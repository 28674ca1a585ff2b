"""`safelight policy explain`: what each layer says to a prompt, and why."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from rich.console import Console

    from local.policy.trial import Decision, Reading

_EXAMPLES = """\
  safelight policy explain "a quiet harbour at dawn"
  safelight policy explain "a n.u.d.e man" --policy stricter.json
  safelight policy explain "a portrait" --negative "clothes, text" --warn
  safelight policy explain "a portrait" --backend custom --json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "show what the keyword filter and the classifier say to a prompt"
    parser = subcommand(subparsers, "explain", summary, _EXAMPLES, run)
    parser.add_argument("prompt")
    parser.add_argument(
        "--negative", default="", metavar="TEXT", help="the caller's negative prompt"
    )
    parser.add_argument("--language", metavar="CODE", help="as in a request (BCP 47)")
    parser.add_argument(
        "--backend",
        choices=("toxicity", "custom"),
        default="toxicity",
        help="which classifier is stood in for (default: %(default)s, the template's default)",
    )
    parser.add_argument(
        "--warn", action="store_true", help="as in a stack with OnFlaggedPrompt=warn"
    )
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    add_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Explain it."""
    from local.policy.trial import Trial, read_text

    trial = Trial(read_file(args.policy), args.warn)
    request = _request(args)
    words = trial.words(request["prompt"], request["negative_prompt"])
    reading = read_text(request, args.backend, trial.classifier)
    text = trial.text(request, reading)
    if args.json:
        scores = reading.answers.scores
        classifier = {**text, "backend": reading.backend, "model": reading.model, "scores": scores}
        told = {"verdict": _verdict(words, text), "keywords": words, "classifier": classifier}
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _show(request, words, reading, text, trial.classifier[reading.backend])
    return SUCCESS


def _request(args: argparse.Namespace) -> dict[str, Any]:
    """The request as AcceptRequest would read it: what is judged is the normalised text."""
    import local.policy  # noqa: F401 - makes the functions' modules importable
    from accept_request.request import InvalidRequest, normalised

    body = {"prompt": args.prompt, "negative_prompt": args.negative}
    try:
        return normalised(body | ({"language": args.language} if args.language else {}))
    except InvalidRequest as invalid:
        raise CommandError(f"{invalid.message}. The request would end as INVALID.") from invalid


def _verdict(words: Decision, text: Decision) -> str:
    for stage, decision in (("FilterKeywords", words), ("ClassifyPrompt", text)):
        if decision["verdict"] == "block":
            return f"BLOCKED_PROMPT by {stage}"
    warned = words["warnings"] or text["warnings"]
    return "goes on to the generator" + (", with warnings" if warned else "")


def _show(
    request: dict[str, Any], words: Decision, reading: Reading, text: Decision, rules: Any
) -> None:
    from local.commands.console import console

    screen = console()
    _underlined(screen, "prompt", request["prompt"], words, negative=False)
    _underlined(screen, "negative prompt", request["negative_prompt"], words, negative=True)
    _words(screen, words)
    _scores(screen, reading, text, rules)
    screen.print(f"\n[bold]{_verdict(words, text)}[/]")


def _underlined(
    screen: Console, title: str, prompt: str, words: Decision, *, negative: bool
) -> None:
    """The text as it was written, with what matched marked: also where no colours are shown."""
    from rich.text import Text

    if not prompt:
        return
    text, marks = Text(prompt), [" "] * len(prompt)
    for found in _found(words):
        if "span" in found and (found["category"] == "negative_prompt") == negative:
            text.stylize("bold red underline", *found["span"])
            for at in range(*found["span"]):
                marks[at] = "~"
    screen.print(Text(f"{title}: ") + text, soft_wrap=True)
    if "~" in marks:
        screen.print(" " * len(f"{title}: ") + "".join(marks).rstrip(), soft_wrap=True)


def _words(screen: Console, words: Decision) -> None:
    from local.commands.table import print_table

    rows = [
        (
            found["category"],
            found.get("term", found["rule"]),
            "-".join(map(str, found["span"])) if "span" in found else "",
            found.get("disguise", ""),
            found["action"],
        )
        for found in _found(words)
    ]
    title = f"Keyword filter: {words['verdict']}"
    print_table(screen, title, ("category", "term", "where", "disguise", "action"), rows)


def _scores(screen: Console, reading: Reading, text: Decision, rules: dict[str, Any]) -> None:
    from local.commands.table import print_table

    told = {found.get("label"): found["action"] for found in _found(text)}
    scores = reading.answers.scores or {}
    rows = [
        (
            label,
            f"{scores[label]:.3f}",
            f"{rule['threshold']:.2f}",
            f"{rule['uncertain']['from']:.2f}" if "uncertain" in rule else "",
            told.get(label, ""),
        )
        for label, rule in rules.items()
        if label in scores
    ]
    title = f"Classifier, by the stand-in {reading.model}, not AWS's model: {text['verdict']}"
    columns = ("label", "score", "threshold", "uncertain from", "action")
    print_table(screen, title, columns, rows)
    for found in _found(text):
        if "message" in found:
            screen.print(f"  {found['message']}", markup=False)


def _found(decision: Decision) -> list[dict[str, Any]]:
    return [*decision["reasons"], *decision["warnings"]]
