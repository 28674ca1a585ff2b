"""DetectDominantLanguage over the wire, and what the detector can and cannot tell."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.languages import NAME, languages
from local.ai.running import StandIns

Client = Callable[[str], Any]


@pytest.mark.parametrize(
    ("language", "prompt"),
    [
        ("en", "a stone bridge over a stream in early spring"),
        ("de", "eine steinerne Brücke über einen Bach im Frühling"),
        ("fr", "un pont de pierre sur un ruisseau au printemps"),
        ("es", "un puente de piedra sobre un arroyo en primavera"),
        ("it", "un ponte di pietra sopra un ruscello in primavera"),
        ("pt", "uma ponte de pedra sobre um riacho na primavera"),
        ("nl", "een stenen brug over een beek in het voorjaar"),
        ("ru", "каменный мост через ручей весной"),
        ("zh", "春天小溪上的石桥"),
        ("ja", "春の小川にかかる石橋"),
        ("ko", "봄날 개울 위의 돌다리"),
    ],
)
def test_a_sentence_is_told_by_its_letters(language: str, prompt: str) -> None:
    found = languages(prompt)
    assert next(iter(found)) == language
    assert found[language] > 0.8


def test_what_no_language_is_likely_for_has_little_confidence() -> None:
    assert max(languages("zzyzx qwrt xkcd").values()) < 0.8
    assert languages("1234 !?") == {}


@pytest.mark.usefixtures("stand_ins")
def test_a_real_client_reads_the_answer(client: Client) -> None:
    answer = client("comprehend").detect_dominant_language(Text="ein Haus am See und ein Boot")
    assert answer["Languages"][0]["LanguageCode"] == "de"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-safelight-stand-in"] == NAME


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    ("text", "code"),
    [("", "InvalidRequestException"), ("é" * 51_201, "TextSizeLimitExceededException")],
)
def test_limits(client: Client, text: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        client("comprehend").detect_dominant_language(Text=text)
    assert refused.value.response["Error"]["Code"] == code


def test_told_languages(stand_ins: StandIns, client: Client) -> None:
    steps = [{"language": "is", "score": 0.7}, "empty", {"error": "ThrottlingException"}, "usual"]
    stand_ins.script(prompt="fox", language=steps)

    def detect() -> Any:
        return client("comprehend").detect_dominant_language(Text="a red fox in the snow")

    assert detect()["Languages"] == [{"LanguageCode": "is", "Score": 0.7}]
    assert "Languages" not in detect()
    with pytest.raises(ClientError, match="ThrottlingException"):
        detect()
    assert detect()["Languages"][0]["LanguageCode"] == "en"
    assert stand_ins.calls("DetectDominantLanguage", "fox") == 4
