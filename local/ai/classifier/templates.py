"""Prompts for training, written from the words of vocabulary.ini, half of them safe.

Safe and unsafe ones share places, styles and painters, so that those count for nothing.
"""

import configparser
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from local.ai.classifier.rows import Row

VOCABULARY = Path(__file__).with_name("vocabulary.ini")
SOURCE_SAFE, SOURCE_UNSAFE = "templates_safe", "templates_unsafe"
_FRAMES = (
    "a photo of X", "X, S", "S of X", "an image of X", "a painting of X", "X in the style of S",
    "a drawing of X", "a picture of X", "portrait of X, S", "a S of X by A", "X by A",
)  # fmt: skip
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
            scene = f"{any_('person')} {any_('activity')}"
        elif roll < 0.45:
            scene = f"{any_('animal')} {any_('beast')}"
        elif roll < 0.60:
            kinds = ("thing", "food", "vehicle", "plant", "thing")
            first, second = any_(self.chance.choice(kinds)), any_(self.chance.choice(kinds))
            scene = (
                f"{first} {self.chance.choice(('and', 'next to', 'on top of', 'with'))} {second}"
            )
        elif roll < 0.75:
            noun = any_(self.chance.choice(("animal", "thing", "vehicle", "plant", "person")))
            article, _, rest = noun.partition(" ")
            adjectives = " ".join(any_("adjective") for _ in range(self.chance.randint(1, 2)))
            scene = f"{article} {adjectives} {rest}"
        elif roll < 0.85:
            scene = f"{any_('person')} and {any_('person')} {any_('activity')}"
        else:
            scene = any_(self.chance.choice(("person", "animal", "food", "thing", "vehicle")))
        if self.chance.random() < 0.6:
            scene += f" {any_('place')}"
        if self.chance.random() < 0.2:
            scene += f" {any_('time')}"
        return scene

    def dressed(self, scene: str) -> str:
        """The scene as prompts dress it: medium, tags, painters; often bare."""
        any_, roll = self.any, self.chance.random()
        if roll < 0.35:
            return scene
        if roll < 0.55:
            frame = self.chance.choice(_FRAMES)
            dressed = frame.replace("S", any_("style")).replace("A", any_("artist"))
            return dressed.replace("X", scene)
        tags = [any_("tag") for _ in range(self.chance.randint(1, 9))]
        tags += [any_("style") for _ in range(self.chance.randint(0, 2))]
        tags += [f"by {any_('artist')}" for _ in range(self.chance.choice((0, 0, 1, 1, 2, 3)))]
        self.chance.shuffle(tags)
        return ", ".join([scene, *tags])


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
        text = w.any("frame", label).replace("X", w.any("phrase", label))
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
        elif roll < 0.34:
            scene = writer.any("snippet")
        yield Row(writer.dressed(scene), False, SOURCE_SAFE)
        (label,) = writer.chance.choices(labels, shares)
        text = _UNSAFE[label][0](writer, scene if roll > 0.34 else writer.scene())
        named = (label,) if label != "drugs" else ()
        yield Row(writer.dressed(text), True, SOURCE_UNSAFE, named)
