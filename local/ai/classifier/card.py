"""The model card: what a model was trained on, how it does, and what it cannot do."""

import math
from collections.abc import Iterator
from typing import Any

CARD = "card.md"
_Z = 1.959964  # 95 % of a normal distribution lie within this many standard deviations

_ABOUT = """\
# Card of {name}

A local stand-in for Amazon Comprehend's DetectToxicContent and for a custom classifier of two
classes. It is logistic regression on hashed words, pairs of words and pieces of words of 4 to 6
letters. One head says how likely a text is unsafe; seven say how well it fits each kind of unsafe
text: the best fit gets the score of `unsafe`, the others less in proportion. `safelight classifier
train` wrote this file together with the model.

It predicts the shape of Comprehend's answers, not their numbers: AWS publishes no figures to
compare with. To have the same texts judged by AWS, train a custom classifier from the same CSV.

## Size and speed

{heads} heads of {kilobytes} KB, one signed byte per hash; no text is kept, no pickle is read. Pure
Python, loaded in half a millisecond; 0.14 ms of CPU time for a prompt of 20 words (medians of 30
loads and 300 prompts, a virtual core of an Intel Xeon). Training needs NumPy and a minute or two.

## Data
"""

# By the beginning of a source's name.
_CREDITS = {
    "toxicity_train": "posts of four sets: hate-speech-and-offensive-language (t-davidson, MIT), "
    "toxicity (Surge AI, MIT), Toxic Spans (CC0 1.0), moderation-api-release (OpenAI, MIT)",
    "adversarial_nibbler": "Adversarial Nibbler, Google LLC, Quaye et al. 2024 (CC BY 4.0)",
    "i2p": "Inappropriate Image Prompts, as copied in rohitgandikota/erasing (MIT)",
    "erasing": "prompts of rohitgandikota/erasing (MIT)",
    "coco_captions": "COCO captions, COCO Consortium (CC BY 4.0); some with style words added",
    "partiprompts": "PartiPrompts, google-research/parti (Apache-2.0)",
    "authored": "look-alikes written for such tests (CC0 1.0)",
}

_METHOD = """\

The texts themselves are not part of the repository. The templates' words are our own
(vocabulary.ini). No source counts for more than {cap} texts of a class; safe and unsafe weigh
the same. The penalty, the values of features and the number of templates were chosen on the figures
below, and kinds of safe templates were added after reading which safe captions were flagged: expect
a little less on texts from elsewhere.

## Figures

Share of texts with a score of `unsafe` of at least the threshold, with its 95 % interval (Wilson).
*Known*: a fifth of every source left out of training at a time. *Unseen*: the text's whole source
left out. The shipped model saw all of them. Calibrated on both together (Platt) for a share of
unsafe texts of {share:.0%}: slope {slope}, offset {offset}.
"""

_LIMITS = """\

## Limits

- English only. Other languages score by the look of their letters; the doors refuse them where
  Comprehend would.
- A plain text that is neither a picture's description nor a post is new to it: of 3,499 sentences
  of technical documents, the shipped model gave 3.7 % a score of 0.7 or more.
- It counts words. Negation, quotation and stories are read as requests; what is unsafe by
  implication alone is mostly missed when its source is unknown.
- Disguised words are the keyword filter's work: nothing is unmasked here.
- Labels of kinds are learnt from templates and from the prompts' categories. INSULT, PROFANITY and
  HARASSMENT_OR_ABUSE run into each other.
- It knows nothing of drugs as a label of its own: they raise `unsafe` only.

## Train it again

    make train-classifier DATA=folder

or `safelight classifier train texts.csv --prompts prompts.jsonl`. The CSV is the one that
Comprehend takes: two columns, label and text, UTF-8, no header.
"""


def card(facts: dict[str, Any]) -> str:
    """The card of a model with these facts, in Markdown."""
    return "".join((
        _ABOUT.format(name=facts["name"], heads=8, kilobytes=(1 << facts["bits"]) // 1024),
        *_data(facts["trained_on"]),
        _METHOD.format(cap=facts["cap"], share=facts["unsafe_share"], **facts["calibration"]),
        *_figures(facts["held_out"]),
        _LIMITS,
    ))  # fmt: skip


def interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, spread = count / of, _Z * _Z / of
    middle = share + spread / 2
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def _data(trained_on: dict[str, Any]) -> Iterator[str]:
    for name, told in trained_on.items():
        if told is None:
            continue
        yield f"\n{name}: SHA-256 `{told['sha256']}`\n\n| rows | texts |\n| --- | --- |\n"
        for rows, count in told["rows"].items():
            yield f"| {rows} | {count} |\n"
    names = [row for told in trained_on.values() if told for row in told["rows"]]
    for beginning, credit in _CREDITS.items():
        if any(name.startswith(beginning) for name in names):
            yield f"\n- `{beginning}`: {credit}"
    yield "\n"


def _figures(held_out: dict[str, Any]) -> Iterator[str]:
    thresholds = list(next(iter(held_out.values()))["known"])
    for kind in ("known", "unseen"):
        yield f"\n| {kind} | texts | " + " | ".join(f"≥ {one}" for one in thresholds) + " |\n"
        yield "| --- | --- |" + " --- |" * len(thresholds) + "\n"
        for name, told in held_out.items():
            if kind not in told:
                continue
            shares = (_share(count, told["texts"]) for count in told[kind].values())
            yield f"| {name} | {told['texts']} | " + " | ".join(shares) + " |\n"


def _share(count: int, of: int) -> str:
    low, high = interval(count, of)
    return f"{count / of:.1%} ({low:.1%} to {high:.1%})"
