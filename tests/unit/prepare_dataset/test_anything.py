"""Whatever is sent or lies in a file is prepared or refused: nothing fails for a reason unnamed."""

import contextlib
import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from prepare_dataset.asked import body_of, named_prefix, read_asked
from prepare_dataset.fine_tuning import DEFAULTS, check_cost, plan
from prepare_dataset.info import read_info
from prepare_dataset.listing import item_of
from shared.request import InvalidRequest
from shared.s3 import Listed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "prefix": JSON | st.just("datasets/cats/"),
        "flagged": JSON,
        "clean_copy": JSON,
        "fine_tune": JSON,
        "detail-type": st.just("DatasetSubmitted"),
        "detail": JSON,
    },
)


@given(JSON | ASKED)
def test_anything_may_be_asked(event: object) -> None:
    body = body_of(event)
    named_prefix(body).encode()
    with contextlib.suppress(InvalidRequest):
        read_asked(body)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_file_may_hold_anything(content: bytes) -> None:
    with contextlib.suppress(InvalidRequest):
        info = read_info(content)
        assert "instance_prompt" in info.fields()
        assert all(prompt["text"] for prompt in info.prompts)


@given(st.dictionaries(st.sampled_from(sorted(DEFAULTS)), st.text(max_size=64)))
def test_a_training_may_be_told_anything(given_values: dict[str, str]) -> None:
    with contextlib.suppress(InvalidRequest):
        asked = {"hyperparameters": given_values}
        told = plan(asked, True, "ml.g5.2xlarge", ["instance_prompt", "class_prompt"])
        check_cost(told["hyperparameters"], 10)


@given(st.text(min_size=1), st.integers(0, 2**40))
def test_an_object_may_have_any_name(name: str, size: int) -> None:
    item = item_of(
        Listed(f"datasets/cats/{name}", "0", size, datetime.now(UTC)), "datasets/cats/", 0
    )
    if item is None:
        assert name == "dataset_info.json" or name.endswith("/")
    elif "problem" not in item:
        assert item["role"] in ("instance", "class")
        assert "/" not in name.removeprefix("class_data_dir/")
