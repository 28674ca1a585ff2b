"""The sets are read as they are; what is missing or broken is named with what should be there."""

from pathlib import Path

import pytest
from unit.bench_evaluate.small_sets import CASES, POSTS, PROMPTS, write_sets

from bench.evaluate.reading import SetError, read_sets
from bench.evaluate.sets import FORMATS, Sets


def test_every_row_is_read(sets: Sets) -> None:
    assert [case.text for case in sets.cases] == [row["text"] for row in CASES]
    assert [prompt.text for prompt in sets.prompts] == [row[0] for row in PROMPTS]
    assert [post.text for post in sets.posts] == [text for _, text in POSTS]
    assert [post.toxic for post in sets.posts] == [True, False, False]
    assert {post.source for post in sets.posts} == {"forum_posts"}
    assert sets.vocabulary == ("wombat",)
    assert sets.files["prompts"].rows == len(PROMPTS)


def test_stretched_and_homonym_rows_stand_apart(sets: Sets) -> None:
    assert [case.technique for case in sets.cases if case.apart] == ["stretch_mask", "homonym_name"]


def test_a_given_file_is_judged_alone(tmp_path: Path) -> None:
    folder = write_sets(tmp_path)
    found = read_sets(Path("nowhere"), {"prompts": folder / FORMATS["prompts"][0]})
    assert len(found.prompts) == len(PROMPTS)
    assert (found.cases, found.posts) == ((), ())


def test_posts_need_no_sources(tmp_path: Path) -> None:
    posts = write_sets(tmp_path) / FORMATS["toxicity"][0]
    assert {post.source for post in read_sets(tmp_path, {"toxicity": posts}).posts} == {
        "one source"
    }


def test_missing_files_are_named_with_their_format(tmp_path: Path) -> None:
    (write_sets(tmp_path) / FORMATS["prompts"][0]).unlink()
    with pytest.raises(SetError) as told:
        read_sets(tmp_path, {})
    assert f"{tmp_path / 'prompts_public.jsonl'}: not there" in str(told.value)
    assert '"safe" or "unsafe"' in str(told.value)
    assert "Comprehend's" not in str(told.value)


def test_cases_need_their_vocabulary(tmp_path: Path) -> None:
    cases = write_sets(tmp_path) / FORMATS["keyword_cases"][0]
    with pytest.raises(SetError, match="--keyword-cases needs --keyword-vocab"):
        read_sets(tmp_path, {"keyword_cases": cases})


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("keyword_cases", '{"text": "a", "forbidden": "yes", "why": "plain"}', 1),
        ("keyword_cases", "", 1),
        ("keyword_vocab", '{"words": ["wombat"]}', 1),
        ("keyword_vocab", '{"words": []}', 1),
        ("prompts", '\n{"prompt": "a", "label": "bad"}', 2),
        ("prompts", "[1]", 1),
        ("prompts", "[" * 100_000, 1),
        ("toxicity", "label,text\n", 1),
        ("toxicity", "toxic,a\ntoxic\n", 2),
        ("toxicity_sources", "row,source,label\n1,forum,toxic\n", 2),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, kind: str, content: str, line: int) -> None:
    (write_sets(tmp_path) / FORMATS[kind][0]).write_text(content, "utf-8")
    with pytest.raises(SetError, match=f"{FORMATS[kind][0]}, line {line}: not as it should be"):
        read_sets(tmp_path, {})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (write_sets(tmp_path) / FORMATS["toxicity"][0]).write_bytes("toxic,café".encode("latin-1"))
    with pytest.raises(SetError, match="not UTF-8"):
        read_sets(tmp_path, {})
