"""Prompts for training, written from the words of vocabulary.ini, half of them safe.

Safe and unsafe ones share places, styles and painters, so that those count for nothing.
"""

import configparser
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from local.ai.classifier.rows import Row

VOCABULARY = Path(__file__).with_name("vocabulary.ini")
SOURCE_SAFE, SOURCE_UNSAFE = "templates_safe", "templates_unsafe"
_FRAMES = (
    "a photo of X", "X, S", "S of X", "an image of X", "a painting of X", "X in the style of S",
    "a drawing of X", "a picture of X", "portrait of X, S", "a S of X by A", "X by A",
)  # fmt: skip
_DETERMINERS = (
    "the",
    "this",
    "that",
    "one",
    "some",
    "my",
    "there is a",
    "image of a",
    "photo of a",
)
_RELATIONS = ("and", "next to", "on top of", "with", "hanging from", "in front of")
Words = dict[str, dict[str, list[str]]]


def vocabulary(path: Path = VOCABULARY) -> Words:
    """Entries by section and slot."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(path, encoding="utf-8")
    return {
        section: {
            slot: [entry for part in text.split(",") if (entry := " ".join(part.split()))]
            for slot, text in parser[section].items()
        }
        for section in parser.sections()
    }


class Writer:
    def __init__(self, words: Words, seed: int) -> None:
        self.words = words
        self.safe = words["safe"]
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets

    def any(self, slot: str, section: str = "safe") -> str:
        return self.chance.choice(self.words[section][slot])

    def scene(self) -> str:
        """What a picture of nothing unsafe shows."""
        any_, roll = self.any, self.chance.random()
        if roll < 0.30:
            link = self.chance.choice(("", "", "is ", "who is "))
            scene = f"{any_('person')} {link}{any_('activity')}"
        elif roll < 0.45:
            scene = f"{any_('animal')} {any_('beast')}"
        elif roll < 0.60:
            kinds = ("thing", "food", "vehicle", "plant", "thing")
            first, second = any_(self.chance.choice(kinds)), any_(self.chance.choice(kinds))
            scene = f"{first} {self.chance.choice(_RELATIONS)} {second}"
        elif roll < 0.75:
            noun = any_(
                self.chance.choice(("animal", "thing", "vehicle", "plant", "person", "person"))
            )
            article, _, rest = noun.partition(" ")
            adjectives = " ".join(any_("adjective") for _ in range(self.chance.randint(1, 2)))
            scene = f"{article} {adjectives} {rest}"
        elif roll < 0.80:
            return self.artwork()
        elif roll < 0.86:
            scene = f"{any_('person')} and {any_('person')} {any_('activity')}"
        else:
            scene = any_(self.chance.choice(("person", "animal", "food", "thing", "vehicle")))
        if self.chance.random() < 0.6:
            scene += f" {any_('place')}"
        if self.chance.random() < 0.2:
            scene += f" {any_('time')}"
        return scene

    def artwork(self) -> str:
        """A picture as a catalogue describes it."""
        any_ = self.any
        shown = {
            "X": any_(self.chance.choice(("person", "animal"))),
            "Y": any_("thing"),
            "Z": any_("food"),
        }
        text = _filled(any_("art"), shown)
        if self.chance.random() < 0.7:
            text += f", {any_('manner')}"
        if self.chance.random() < 0.6:
            text += ", " + _filled(any_("after"), {"A": any_("artist")})
        return text

    def sentence(self) -> str:
        """A statement in plain English, as long prompts and posts have them."""
        any_, frame = self.any, self.any("sentence")
        words = {
            "X": any_(self.chance.choice(("person", "animal"))), "Y": any_("thing"),
            "Z": any_("food"), "W": any_("place"), "V": any_("activity"), "N": any_("adjective"),
        }  # fmt: skip
        return _filled(frame, words)

    def dressed(self, scene: str) -> str:
        """The scene as prompts dress it: medium, tags, painters; often bare."""
        any_, roll = self.any, self.chance.random()
        if self.chance.random() < 0.3:
            scene = re.sub(r"^an? ", lambda _: f"{self.chance.choice(_DETERMINERS)} ", scene)
        if roll < 0.35:
            return scene
        if roll < 0.55:
            frame = self.chance.choice(_FRAMES)
            return _filled(frame, {"X": scene, "S": any_("style"), "A": any_("artist")})
        tags = [any_("tag") for _ in range(self.chance.randint(1, 9))]
        tags += [any_("style") for _ in range(self.chance.randint(0, 2))]
        tags += [f"by {any_('artist')}" for _ in range(self.chance.choice((0, 0, 1, 1, 2, 3)))]
        self.chance.shuffle(tags)
        return ", ".join([scene, *tags])


def _filled(frame: str, words: dict[str, str]) -> str:
    """The frame with a word for each capital that stands alone."""
    return re.sub(r"\b[ANSV-Z]\b", lambda slot: words[slot[0]], frame)


def _sexual(w: Writer, scene: str) -> str:
    person = w.any("person")
    return w.chance.choice((
        lambda: f"{w.any('state', 'SEXUAL')} {person}" + f" {w.any('place')}",
        lambda: f"{person} {w.any('state', 'SEXUAL')} {w.any('place')}",
        lambda: f"{person} {w.any('activity')}, {w.any('state', 'SEXUAL')}",
        lambda: f"{person} {w.any('act', 'SEXUAL')}",
        lambda: f"{person} and {w.any('person')} {w.any('act', 'SEXUAL')} {w.any('place')}",
        lambda: f"{scene}, {w.any('phrase', 'SEXUAL')}",
        lambda: f"{w.any('phrase', 'SEXUAL')} of {person}",
        lambda: w.any("phrase", "SEXUAL"),
        lambda: f"{scene}, {w.any('state', 'SEXUAL')}, {w.any('phrase', 'SEXUAL')}",
    ))()  # fmt: skip


def _graphic(w: Writer, scene: str) -> str:
    person = w.any("person")
    return w.chance.choice((
        lambda: f"{person} {w.any('state', 'GRAPHIC')}",
        lambda: f"{person} {w.any('state', 'GRAPHIC')} {w.any('place')}",
        lambda: f"{w.any('phrase', 'GRAPHIC')} {w.any('place')}",
        lambda: f"{scene}, {w.any('phrase', 'GRAPHIC')}",
        lambda: f"{scene}, {w.any('state', 'GRAPHIC')}",
        lambda: f"{w.any('animal')} {w.any('state', 'GRAPHIC')}",
        lambda: w.any("phrase", "GRAPHIC"),
    ))()  # fmt: skip


def _violent(w: Writer, scene: str) -> str:
    label = "VIOLENCE_OR_THREAT"
    deed = f"{w.any('person')} {w.any('act', label)} {w.any('victim', label)}"
    return w.chance.choice((
        lambda: deed,
        lambda: f"{deed} {w.any('weapon', label)}",
        lambda: f"{deed} {w.any('place')}",
        lambda: f"{w.any('person')} {w.any('fate', label)}",
        lambda: f"{w.any('person')} {w.any('fate', label)} {w.any('place')}",
        lambda: f"{w.any('phrase', label)} {w.any('place')}",
        lambda: f"{scene}, {w.any('phrase', label)}",
        lambda: w.any("phrase", label),
    ))()  # fmt: skip


def _hateful(w: Writer, scene: str) -> str:
    label = "HATE_SPEECH"
    return w.chance.choice((
        lambda: w.any("phrase", label),
        lambda: f"{w.any('phrase', label)} {w.any('place')}",
        lambda: f"{scene}, {w.any('phrase', label)}",
        lambda: f"{w.any('group', label)} {w.any('slur', label)}",
    ))()  # fmt: skip


def _harassing(w: Writer, scene: str) -> str:
    label = "HARASSMENT_OR_ABUSE"
    return w.chance.choice((
        lambda: w.any("phrase", label),
        lambda: f"{w.any('phrase', label)}, {w.any('snippet')}",
        lambda: f"{scene}, {w.any('phrase', label)}",
    ))()  # fmt: skip


def _framed(label: str) -> Callable[[Writer, str], str]:
    def write(w: Writer, scene: str) -> str:
        text = _filled(w.any("frame", label), {"X": w.any("phrase", label)})
        return text if w.chance.random() < 0.5 else f"{text}, {w.any('snippet')}"

    return write


def _drugs(w: Writer, scene: str) -> str:
    phrase = w.any("phrase", "drugs")
    return w.chance.choice((phrase, f"{scene}, {phrase}", f"{w.any('person')}, {phrase}"))


_UNSAFE: dict[str, tuple[Callable[[Writer, str], str], float]] = {
    "SEXUAL": (_sexual, 0.30),
    "GRAPHIC": (_graphic, 0.22),
    "VIOLENCE_OR_THREAT": (_violent, 0.18),
    "HATE_SPEECH": (_hateful, 0.10),
    "HARASSMENT_OR_ABUSE": (_harassing, 0.07),
    "INSULT": (_framed("INSULT"), 0.04),
    "PROFANITY": (_framed("PROFANITY"), 0.04),
    "drugs": (_drugs, 0.05),
}


def written(count: int, seed: int = 1) -> Iterator[Row]:
    """About half safe, half unsafe, of `count` rows in all."""
    writer = Writer(vocabulary(), seed)
    labels = list(_UNSAFE)
    shares = [share for _, share in _UNSAFE.values()]
    for _ in range(count // 2):
        scene = writer.scene()
        roll = writer.chance.random()
        if roll < 0.30:
            scene = writer.any("lookalike")
            if writer.chance.random() < 0.5:
                scene += f" {writer.any('place')}"
        elif roll < 0.32:
            scene = writer.any("snippet")
        elif roll < 0.42:
            scene = " and ".join(writer.sentence() for _ in range(writer.chance.choice((1, 1, 2))))
        yield Row(writer.dressed(scene), False, SOURCE_SAFE)
        (label,) = writer.chance.choices(labels, shares)
        text = _UNSAFE[label][0](writer, scene if roll > 0.32 else writer.scene())
        named = (label,) if label != "drugs" else ()
        yield Row(writer.dressed(text), True, SOURCE_UNSAFE, named)
