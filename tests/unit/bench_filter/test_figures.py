"""What `make bench-filter` makes of what a filter flags, and the texts that it is timed on."""

import itertools
import random
import sys
from pathlib import Path

import pytest

import bench.filter.__main__ as command
from bench.filter import english
from bench.filter.english import OTHER, PROSE, running_english
from bench.filter.families import FAMILIES, cases_of, innocents_of
from bench.filter.quality import groups, judged
from bench.filter.report import Target
from bench.filter.speed import LENGTHS, Texts, synthetic_terms
from bench.filter.worst import SHAPES


def test_a_filter_that_finds_nothing_misses_all_and_flags_no_innocent() -> None:
    quality = judged("dev", lambda _, texts: [False] * len(texts))

    assert quality.recall(FAMILIES).count == 0
    assert quality.recall(FAMILIES).of == len(cases_of("dev"))
    assert quality.false_positives.count == 0


def test_a_filter_that_flags_everything_misses_nothing_and_flags_every_innocent() -> None:
    quality = judged("dev", lambda _, texts: [True] * len(texts))

    assert {quality.recall(members).rate for members in groups().values()} == {1.0}
    assert quality.wrong == innocents_of("dev")


def test_every_family_is_counted_in_one_group_and_in_one_sum() -> None:
    *by_group, usual, hard = groups().values()

    assert sorted(itertools.chain(*by_group), key=id) == sorted(FAMILIES, key=id)
    assert sorted(usual + hard, key=id) == sorted(FAMILIES, key=id)


def test_synthetic_lists_have_their_size_and_share_of_phrases() -> None:
    terms = synthetic_terms(5_000)

    assert len(set(terms)) == 5_000
    assert terms == synthetic_terms(5_000)
    assert 0.24 < sum(" " in term for term in terms) / len(terms) < 0.30


def test_texts_fill_their_length_and_are_clean() -> None:
    texts = Texts("test")

    for length in LENGTHS.values():
        text = texts.of(length)
        assert length - 15 <= len(text) <= length
        assert set(synthetic_terms(5_000)).isdisjoint(text.lower().split())


def test_shapes_are_as_long_as_asked_for() -> None:
    terms = synthetic_terms(50)

    assert len(SHAPES) >= 40
    for name, shape in SHAPES.items():
        assert 990 <= len(shape(1_000, random.Random(name), terms)) <= 1_000


def test_only_lines_that_do_not_spell_a_term_out_are_flagged_wrongly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(english, "synthetic_terms", lambda _: [])
    (tmp_path / "plain.txt").write_text(
        "The grenades lay in a box beside the old wall.\n"
        "The gr3nade lay in a box beside the old wall.\n"
        "x = gr3nade[0]\n",
        "utf-8",
    )

    prose, other = running_english([tmp_path], 1_000)

    assert (prose.kind, prose.lines, prose.words) == (PROSE, 2, 20)
    assert (other.kind, other.lines, len(other.flagged)) == (OTHER, 1, 1)
    assert prose.per_million == 50_000


def test_a_target_is_a_most_or_a_least() -> None:
    assert Target("recall", 98, 98, at_most=False).met
    assert not Target("times", 5.1, 5).met


@pytest.mark.parametrize("line", [["--text", "no-such-folder"], ["--json", "no-such-folder/x"]])
def test_paths_are_refused_before_the_work(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.filter", *line])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "no-such-folder" in capsys.readouterr().err
