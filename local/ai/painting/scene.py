"""From the words of a prompt to what is to be painted."""

import hashlib
import re
from dataclasses import dataclass, field

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (196, 52, 46), "crimson": (160, 28, 48), "orange": (232, 132, 42),
    "yellow": (244, 208, 80), "golden": (226, 176, 70), "gold": (212, 170, 60),
    "green": (76, 148, 84), "emerald": (32, 140, 104), "teal": (36, 140, 146),
    "turquoise": (70, 190, 186), "blue": (62, 108, 196), "navy": (34, 48, 104),
    "purple": (126, 78, 168), "violet": (146, 92, 196), "pink": (238, 150, 180),
    "brown": (122, 84, 56), "white": (240, 238, 232), "black": (40, 38, 44),
    "grey": (132, 134, 138), "gray": (132, 134, 138), "silver": (186, 190, 198),
}  # fmt: skip

SKIES: dict[str, tuple[str, ...]] = {
    "night": ("night", "midnight", "moon", "moonlit", "star", "aurora", "neon"),
    "sunset": ("sunset", "dusk", "evening", "autumn"),
    "sunrise": ("sunrise", "dawn", "morning", "spring"),
    "storm": ("storm", "stormy", "rain", "rainy", "thunder", "cloudy", "overcast"),
    "fog": ("fog", "foggy", "mist", "misty", "haze"),
    "space": ("space", "galaxy", "nebula", "planet", "cosmos", "astronaut"),
    "desert": ("desert", "mars", "dune", "sand", "canyon"),
    "sea floor": ("underwater", "reef", "coral", "aquarium"),
}

LANDS: dict[str, tuple[str, ...]] = {
    "mountains": ("mountain", "alp", "peak", "volcano", "cliff"),
    "snow": ("snow", "snowy", "winter", "ice", "arctic", "glacier"),
    "water": ("sea", "ocean", "lake", "river", "beach", "water", "harbor", "harbour", "coast",
              "lighthouse", "waterfall", "pond", "boat", "ship", "sailing", "sailboat"),
    "forest": ("forest", "wood", "jungle", "pine"),
    "trees": ("tree", "park", "garden", "orchard"),
    "city": ("city", "street", "skyline", "skyscraper", "tokyo", "york", "cyberpunk", "urban"),
    "village": ("village", "house", "cabin", "cottage", "town", "farm", "barn", "hut"),
    "lighthouse": ("lighthouse", "beacon"),
    "castle": ("castle", "fortress", "palace", "tower", "temple", "cathedral"),
    "flowers": ("flower", "meadow", "field", "lavender", "tulip", "rose", "poppy", "sunflower"),
}  # fmt: skip

SUBJECTS: dict[str, tuple[str, ...]] = {
    "cat": ("cat", "kitten", "tiger", "lion"),
    "fox": ("fox", "wolf", "dog", "puppy", "corgi", "husky"),
    "bear": ("bear", "panda", "koala", "teddy"),
    "rabbit": ("rabbit", "bunny", "hare"),
    "robot": ("robot", "android", "machine", "mech"),
    "person": ("person", "man", "woman", "knight", "wizard", "astronaut", "portrait", "child",
               "girl", "boy", "king", "queen", "samurai", "farmer", "people", "chef", "dancer"),
    "bird": ("bird", "owl", "eagle", "parrot", "penguin", "raven", "duck", "chicken"),
    "fish": ("fish", "whale", "dolphin", "shark"),
    "boat": ("boat", "ship", "sailing", "sailboat"),
    "balloon": ("balloon", "airship"),
    "car": ("car", "truck", "bus", "van", "taxi"),
}  # fmt: skip
MOST_SUBJECTS = 3


@dataclass(frozen=True)
class Scene:
    """What to paint. `subjects` pairs each subject with its own colour, or None."""

    sky: str = "day"
    lands: frozenset[str] = frozenset()
    subjects: tuple[tuple[str, Colour | None], ...] = ()
    tint: Colour | None = None
    seed: int = 0
    extras: frozenset[str] = field(default_factory=frozenset)


def scene_of(prompt: str, negative_prompt: str, seed: int) -> Scene:
    """The scene for these words; a word of the negative prompt is as if it was not there."""
    unwanted = set(_words(negative_prompt))
    words = [word for word in _words(prompt) if word not in unwanted]
    named = set(words)
    return Scene(
        sky=next((sky for sky, signs in SKIES.items() if named & set(signs)), "day"),
        lands=frozenset(land for land, signs in LANDS.items() if named & set(signs)),
        subjects=_subjects(words),
        tint=next((COLOURS[word] for word in words if word in COLOURS), None),
        seed=_seed(prompt, negative_prompt, seed),
        extras=frozenset(named & {"moon", "sun", "aurora", "rain", "snow", "rainbow"}),
    )


def _words(text: str) -> list[str]:
    """Lower-case words, plurals cut to their singular where a plain "s" makes them."""
    words = re.findall(r"[a-z]+", text.lower())
    return [word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word
            for word in words]  # fmt: skip


def _subjects(words: list[str]) -> tuple[tuple[str, Colour | None], ...]:
    found: dict[str, Colour | None] = {}
    colour: Colour | None = None
    for word in words:
        colour = COLOURS.get(word, colour)
        for subject, names in SUBJECTS.items():
            if word in names and subject not in found:
                found[subject] = colour
                colour = None
    return tuple(found.items())[:MOST_SUBJECTS]


def _seed(prompt: str, negative_prompt: str, seed: int) -> int:
    text = "\0".join((prompt, negative_prompt, str(seed)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
