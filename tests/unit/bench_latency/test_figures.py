"""The arithmetic of shares and growth, and what is read from histories and put into documents."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.latency import bars
from bench.latency.figures import Own, Spread, at_memory, growth, spread
from bench.latency.measure import OURS, PATH, Sample, read_history
from bench.latency.report import BEGIN, END, markdown, write_docs
from bench.latency.run import Results
from bench.latency.tables import Grid

OWN = Own(code=60.0, moderation_code=20.0, states=16, moderation_states=6)


def test_quarters_of_values_in_any_order() -> None:
    assert spread([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(5, 2.0, 3.0, 4.0)


def test_one_value_has_no_quarters_but_itself() -> None:
    assert spread([7.0]) == Spread(1, 7.0, 7.0, 7.0)


def test_half_of_a_cpu_takes_twice_as_long() -> None:
    assert at_memory(10.0, 1769) == 10.0
    assert at_memory(10.0, 512) == pytest.approx(34.55, abs=0.01)


def test_more_memory_makes_one_thread_no_faster() -> None:
    assert at_memory(10.0, 3538) == 10.0


def test_shares_are_of_the_generation() -> None:
    assert OWN.share(15_000) == pytest.approx(0.004)
    assert OWN.moderation_share(15_000, 700) == pytest.approx(0.048)


def test_states_that_take_time_come_on_top() -> None:
    assert OWN.share(15_000, 40) == pytest.approx((60 + 16 * 40) / 15_000)
    assert OWN.moderation_share(15_000, 700, 40) == pytest.approx((700 + 20 + 6 * 40) / 15_000)


def test_at_what_a_state_may_take_the_share_is_the_limit() -> None:
    most = OWN.most_state_ms(0.01, 15_000)
    assert OWN.share(15_000, most) == pytest.approx(0.01)
    most = OWN.most_moderation_state_ms(0.05, 15_000, 700)
    assert OWN.moderation_share(15_000, 700, most) == pytest.approx(0.05)


def test_no_time_is_left_where_own_code_takes_more() -> None:
    assert OWN.most_state_ms(0.001, 15_000) < 0


def test_own_code_is_what_the_functions_compute_each_on_its_part_of_a_cpu() -> None:
    states = {"FilterKeywords": 1, "IsPromptClean": 1, "StoreImages": 2}
    sample = Sample(OURS, "COMPLETED", 15_900.0, {}, dict.fromkeys(PATH, 10.0), 80.0, states)
    memory = dict.fromkeys(PATH, 1769) | {"ModerateImages": 512}
    found = Results(slow={OURS: [sample]}, memory=memory)

    whole, parts = found.own(on_this_cpu=True), found.own(on_this_cpu=False)

    assert (whole.code, whole.moderation_code) == (80.0, 30.0)
    assert (whole.states, whole.moderation_states) == (4, 2)
    assert parts.code - whole.code == pytest.approx(10 * (1769 / 512 - 1))
    assert parts.moderation_code - whole.moderation_code == pytest.approx(parts.code - whole.code)


def test_growth_is_the_last_over_the_first() -> None:
    assert growth([2.0, 9.0, 3.0]) == 1.5
    assert growth([0.0, 1.0]) == float("inf")


def test_a_state_that_is_entered_twice_counts_twice() -> None:
    began = datetime(2026, 11, 21, tzinfo=UTC)

    def event(name: str, kind: str, after_ms: int) -> dict[str, object]:
        details = {f"state{kind}EventDetails": {"name": name}}
        return {"timestamp": began + timedelta(milliseconds=after_ms), **details}

    passed, states = read_history(
        [
            {"timestamp": began},
            event("Store", "Entered", 0),
            event("Store", "Exited", 30),
            event("Store", "Entered", 40),
            event("Store", "Exited", 45),
            event("Done", "Entered", 50),
        ]
    )

    assert passed == {"Store": 35.0}
    assert states == {"Store": 2, "Done": 1}


def test_tables_replace_what_stands_between_the_marks(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"# Head\n\n{BEGIN}\nold\n{END}\n\nTail\n")
    grid = Grid("Title", ("stage", "ms"), [("Store", "1.0")], "Said.")

    write_docs(document, markdown("Machine.", [grid]))

    assert document.read_text() == (
        f"# Head\n\n{BEGIN}\n\nMachine.\n\n**Title**\n\n| stage | ms |\n| --- | ---: |\n"
        f"| Store | 1.0 |\n\nSaid.\n\n{END}\n\nTail\n"
    )


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Head\n")

    with pytest.raises(ValueError, match="lacks the marks"):
        write_docs(document, "text")

    assert document.read_text() == "# Head\n"


def test_the_picture_is_xml_and_tells_its_figures_in_words() -> None:
    drawn = bars.svg({"StoreImages": (18.04, 15.0), "a < b": (0.0, 0.1)}, "a machine & a day")

    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    words = " ".join(root.itertext())
    assert "StoreImages: 18.0 and 15.0; a < b: 0.0 and 0.1" in words
    assert "a machine & a day" in words
