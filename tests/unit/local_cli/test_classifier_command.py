"""`safelight classifier`: trains a model from a CSV, and asks one about a text."""

from pathlib import Path

import pytest

from local import cli
from local.ai.classifier import corpus
from local.ai.classifier.card import CARD
from local.ai.classifier.model import UNSAFE, load, shipped
from local.commands.failure import FAILED, SUCCESS


def posts(folder: Path) -> Path:
    path = folder / "posts.csv"
    rows = [f"toxic,you are a rotten person {n}\nnon_toxic,a fine garden {n}\n" for n in range(10)]
    path.write_text("".join(rows), "utf-8")
    return path


def test_a_text_is_scored_by_the_shipped_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["classifier", "score", "a red fox in snow"]) == SUCCESS
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{shipped().scores('a red fox in snow')[UNSAFE]:.4f} unsafe"


def test_a_model_is_trained_asked_and_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corpus, "TEMPLATES", 100)
    monkeypatch.setattr(corpus, "STEPS", 8)
    out = tmp_path / "mine.json"
    assert cli.main(["classifier", "train", str(posts(tmp_path)), "--out", str(out)]) == SUCCESS
    assert (tmp_path / CARD).read_text("utf-8") in capsys.readouterr().out
    assert cli.main(["classifier", "score", "a garden", "--model", str(out)]) == SUCCESS
    assert f"{load(out).scores('a garden')[UNSAFE]:.4f} unsafe" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            ["train", "{folder}/none.csv"],
            "none.csv: No such file or directory\nNothing was trained",
        ),
        (["train", "{folder}/posts.csv", "--unsafe-label", "bad"], "name it with --unsafe-label"),
        (["train", "{folder}/posts.csv", "--out", "{folder}/model.bin"], "must end in .json"),
        (["train", "{folder}/posts.csv", "--out", "{folder}/no/m.json"], "no is no folder"),
        (
            ["score", "a fox", "--model", "{folder}/none.json"],
            "none.json: No such file or directory",
        ),
    ],
)
def test_it_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: list[str], says: str
) -> None:
    posts(tmp_path)
    assert cli.main(["classifier", *(part.format(folder=tmp_path) for part in line)]) == FAILED
    assert says in capsys.readouterr().err
