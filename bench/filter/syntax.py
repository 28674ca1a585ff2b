"""Disguises of what stands around a word: case, punctuation, tags, prompt syntax, encodings."""

from random import Random
from urllib.parse import quote

from bench.filter.family import Disguise, Family, changed, into, then

_NAMED = {"a": "aacute", "e": "eacute", "i": "igrave", "o": "ouml", "u": "ucirc", "n": "ntilde"}


def _random_case(word: str, random: Random) -> str | None:
    written = "".join(random.choice([letter, letter.upper()]) for letter in word)
    return changed(word, written) or word.upper()


def _alternating(word: str, _: Random) -> str | None:
    return "".join(letter.upper() if at % 2 else letter for at, letter in enumerate(word))


def _inverted_title(word: str, _: Random) -> str | None:
    return word[0] + word[1:].upper()


def _emphasised_part(word: str, random: Random) -> str | None:
    first = random.randrange(len(word) - 2)
    last = random.randint(first + 2, len(word))
    pattern = random.choice(["({})", "({}:1.2)", "[{}]", "{{}}", "**{}**"])
    return changed(word, word[:first] + pattern.replace("{}", word[first:last], 1) + word[last:])


def _points(pattern: str) -> Disguise:
    """Every character by its code point."""
    return lambda word, _: "".join(pattern.format(ord(letter)) for letter in word)


def _point_once(pattern: str) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        at = random.randrange(len(word))
        return word[:at] + pattern.format(ord(word[at])) + word[at + 1 :]

    return disguise


def _named_entities(word: str, _: Random) -> str | None:
    return changed(
        word, "".join(f"&{_NAMED[letter]};" if letter in _NAMED else letter for letter in word)
    )


def _inside(*texts: str) -> Disguise:
    def disguise(word: str, random: Random) -> str | None:
        at = random.randrange(1, len(word))
        return word[:at] + random.choice(texts) + word[at:]

    return disguise


def _element_inside(word: str, random: Random) -> str | None:
    first = random.randrange(1, len(word) - 1)
    last = random.randint(first + 1, len(word) - 1)
    name = random.choice(["b", "i", "em", "span", "u", "font"])
    return f"{word[:first]}<{name}>{word[first:last]}</{name}>{word[last:]}"


def _code_inside(word: str, random: Random) -> str | None:
    at = random.randrange(1, len(word))
    return f"{word[:at]}[b]{word[at]}[/b]{word[at + 1 :]}"


def _double_quoted(word: str, _: Random) -> str | None:
    return "".join(f"%25{ord(letter):02x}" for letter in word)


SYNTAX = (
    Family("plain", "plain", lambda word, _: word),
    Family("capitals", "plain", lambda word, _: word.upper()),
    Family("title", "plain", lambda word, _: word.title()),
    Family("random case", "plain", _random_case),
    Family("alternating case", "plain", _alternating),
    Family("inverted title", "plain", _inverted_title),
    Family("quoted", "plain", into('"{}"', "'{}'", "“{}”", "«{}»", "‘{}’")),
    Family("in brackets", "plain", into("({})", "[{}]", "<{}>")),
    Family("punctuation after", "plain", into("{}!!!", "{}...", "{}?!", "{};", "{}:", "{}。")),
    Family("punctuation before", "plain", into("...{}", "¡{}!", "-{}", "• {}", "~{}~", ">{}")),
    Family("dash beside", "plain", into("sunset—{}—sea", "night–{}", "{}—rain", "red/{}")),
    Family("symbols beside", "plain", into("🔥{}🔥", "★{}★", "{}™", "$${}$$", "={}=", "{}❤️")),
    Family("snake case", "tags", into("dark_{}_scene", "{}_scene", "very_{}", "a_{}_b")),
    Family("kebab case", "tags", into("dark-{}-scene", "{}-scene", "old-{}")),
    Family("upper snake case", "tags", then(into("dark_{}_scene"), lambda tag, _: tag.upper())),
    Family("camel case", "tags", into("Dark{Title}Scene", "dark{Title}", "{Title}Scene")),
    Family("dotted", "tags", into("dark.{}.scene", "www.{}.com", "{}.scene")),
    Family("hashtag", "tags", into("#{}", "@{}", "#{}2024")),
    Family("camel hashtag", "tags", into("#Dark{Title}Scene", "#{Title}Art")),
    Family("tags without spaces", "tags", into("1girl,{},hd", "tree;{};sky", "art|{}|8k")),
    Family("key and value", "tags", into("subject:{}", "style={}", "theme={};", "[tag:{}]")),
    Family("path", "tags", into("art/{}/final", "C:\\art\\{}\\", "https://x.io/{}?a=1")),
    Family("file name", "tags", into("{}.png", "{}.jpeg", "img_{}.webp")),
    Family("number beside", "tags", into("{}2", "{}_01", "{}123", "2{}", "{}99")),
    Family("weight", "prompt syntax", into("({}:1.3)", "({}: 0.8)", "(({}):1.21)", "( {} :1.5)")),
    Family("emphasis", "prompt syntax", into("(({}))", "((({})))", "[{}]", "[[{}]]")),
    Family("braces", "prompt syntax", into("{{}}", "{{{}}}", "1.2::{}::")),
    Family("alternation", "prompt syntax", into("[cat|{}]", "[{}|cat|dog]")),
    Family("schedule", "prompt syntax", into("[cat:{}:0.5]", "[{}:0.3]", "[{}::10]")),
    Family("variants", "prompt syntax", into("{cat|{}|dog}", "{2$$cat|{}}", "{0.5::{}|tree}")),
    Family("wildcard", "prompt syntax", into("__{}__", "__dark/{}__")),
    Family("LoRA", "prompt syntax", into("<lora:{}:1>", "<lora:{}_v2:0.8>", "<hypernet:{}:0.6>")),
    Family("embedding", "prompt syntax", into("embedding:{}", "(embedding:{}:1.2)", "<{}>")),
    Family("BREAK", "prompt syntax", into("sea BREAK {} BREAK sky", "BREAK {}", "sea BREAK\n{}")),
    Family("AND", "prompt syntax", into("sea AND {}", "{} AND sky :0.5", "sea:1.2 AND {}:0.4")),
    Family("parameters", "prompt syntax", into("{} --ar 16:9", "{} --v 6 --s 250", "{}--ar 3:2")),
    Family("negative parameter", "prompt syntax", into("{} --no trees", "--style raw {} --q 2")),
    Family("double colon", "prompt syntax", into("{}::2", "sea::1 {}::3", "{}:: sky::-0.5")),
    Family("escaped brackets", "prompt syntax", into("\\({}\\)", "\\[{}\\]", "cat \\({}\\)")),
    Family("markdown", "prompt syntax", into("**{}**", "*{}*", "_{}_", "`{}`", "~~{}~~")),
    Family("emphasis inside", "prompt syntax", _emphasised_part),
    Family("decimal entities", "encodings", _points("&#{};")),
    Family("decimal entity once", "encodings", _point_once("&#{};")),
    Family("hexadecimal entities", "encodings", _points("&#x{:x};")),
    Family("hexadecimal entity once", "encodings", _point_once("&#X{:X};")),
    Family("zero-padded entities", "encodings", _points("&#{:07d};")),
    Family("zero-padded hexadecimal", "encodings", _points("&#x{:06x};")),
    Family("entities, no semicolon", "encodings", _points("&#{}"), hard=True),
    Family("entities escaped twice", "encodings", _points("&amp;#{};"), hard=True),
    Family("named entities", "encodings", _named_entities),
    Family("named entity inside", "encodings", _inside("&shy;", "&zwj;", "&zwnj;", "&lrm;")),
    Family("URL all", "encodings", _points("%{:02X}"), hard=True),
    Family("URL once", "encodings", _point_once("%{:02x}"), hard=True),
    Family("URL of UTF-8", "encodings", lambda word, _: quote(f"«{word}»"), hard=True),
    Family("URL twice", "encodings", _double_quoted, hard=True),
    Family("JSON escapes", "encodings", _points("\\u{:04x}"), hard=True),
    Family("byte escapes", "encodings", _points("\\x{:02x}"), hard=True),
    Family("element inside", "encodings", _element_inside),
    Family("empty element inside", "encodings", _inside("<b></b>", "<wbr>", "<i/>", "<a>")),
    Family("comment inside", "encodings", _inside("<!-- -->", "<!---->", "<!--x-->")),
    Family("element around", "encodings", into("<b>{}</b>", '<p class="a">{}</p>', "<i>{}")),
    Family("BBCode inside", "encodings", _code_inside, hard=True),
)
