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

    from local.policy.trial import Decision

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
        help="which classifier is stood in for (default: %(default)s, the template's default; "
        "custom is what `safelight local` runs with)",
    )
    parser.add_argument(
        "--warn", action="store_true", help="as in a stack with OnFlaggedPrompt=warn"
    )
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    add_policy(parser)


def run(args: argparse.Namespace) -> int:
    """Explain it."""
    from local.commands.console import console
    from local.policy.trial import Trial, read_text

    trial = Trial(read_file(args.policy), args.warn)
    request = _request(args)
    texts = request["prompt"], request["negative_prompt"]
    words, matches = trial.words(*texts), trial.matches(*texts)
    reading = read_text(request, args.backend)
    text = trial.text(reading)
    scores = reading.answers.scores(trial.classifier)
    if args.json:
        classifier = {**text, "backend": reading.backend, "model": reading.model, "scores": scores}
        told = {
            "verdict": _verdict(words, text),
            "keywords": {**words, "matches": matches},
            "classifier": classifier,
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        screen = console()
        _underlined(screen, "prompt", texts[0], matches, negative=False)
        _underlined(screen, "negative prompt", texts[1], matches, negative=True)
        _words(screen, words, matches)
        title = f"Classifier, by the stand-in {reading.model}, not AWS's model: {text['verdict']}"
        _scores(screen, title, scores or {}, text, trial.classifier[reading.backend])
        screen.print(f"\n[bold]{_verdict(words, text)}[/]")
    return SUCCESS


def _request(args: argparse.Namespace) -> dict[str, Any]:
    """The request as AcceptRequest would read it: what is judged is the normalised text."""
    import local.policy  # noqa: F401 - makes the functions' modules importable
    from shared.request import InvalidRequest, normalised

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


def _underlined(
    screen: Console, title: str, prompt: str, matches: list[dict[str, Any]], *, negative: bool
) -> None:
    """The text as it was written, with what matched marked: also where no colours are shown."""
    from rich.text import Text

    if not prompt:
        return
    text, marks = Text(prompt), [" "] * len(prompt)
    for match in matches:
        if (match["category"] == "negative_prompt") == negative:
            text.stylize("bold red underline", match["start"], match["end"])
            for at in range(match["start"], match["end"]):
                marks[at] = "~"
    screen.print(Text(f"{title}: ") + text, soft_wrap=True)
    if "~" in marks:
        screen.print(" " * len(f"{title}: ") + "".join(marks).rstrip(), soft_wrap=True)


def _words(screen: Console, words: Decision, matches: list[dict[str, Any]]) -> None:
    from local.commands.table import print_table

    rows = [
        (
            match["category"],
            match["term"],
            f"{match['start']}-{match['end']}",
            match["disguise"],
            match["action"],
        )
        for match in matches
    ]
    rows += [
        (found["category"], "", "", "the combination of those", found["action"])
        for found in _found(words)
        if found["rule"] == "combination"
    ]
    title = f"Keyword filter: {words['verdict']}"
    columns = ("category", "term", "where", "disguise", "the policy says")
    print_table(screen, title, columns, rows)


def _scores(
    screen: Console,
    title: str,
    scores: dict[str, float],
    text: Decision,
    rules: dict[str, Any],
) -> None:
    from local.commands.table import print_table

    told = {found.get("label"): found["action"] for found in _found(text)}
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
    columns = ("label", "score", "threshold", "uncertain from", "action")
    print_table(screen, title, columns, rows)
    for found in _found(text):
        if "message" in found:
            screen.print(f"  {found['message']}", markup=False)


def _found(decision: Decision) -> list[dict[str, Any]]:
    return [*decision["reasons"], *decision["warnings"]]
