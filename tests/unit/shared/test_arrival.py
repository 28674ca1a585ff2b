"""Where a request came from, and what its record is called."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.arrival import read_arrival
from shared.request_ids import request_id_for


def s3(key: str = "prompts/a.json", bucket: str = "b", **more: Any) -> dict[str, Any]:
    thing = {"key": key, "size": 1, "etag": "e", "version-id": "v", "sequencer": "s"} | more
    return {"source": "aws.s3", "detail": {"bucket": {"name": bucket}, "object": thing}}


def requested(**more: Any) -> dict[str, Any]:
    event = {
        "detail-type": "ImageRequested",
        "source": "shop",
        "id": "1",
        "detail": {"prompt": "a"},
    }
    return event | more


@pytest.mark.parametrize(
    "key", ["prompts/a b.json", "prompts/a+b.json", "prompts/ä/狐.json", "prompts/a%2Fb.json"]
)
def test_keys_are_kept_as_they_are(key: str) -> None:
    arrival = read_arrival(s3(key), "x")
    assert arrival.file
    assert (arrival.file.key, arrival.source["key"]) == (key, key)


def test_an_upload_is_named_for_its_version() -> None:
    name = read_arrival(s3(), "x").derived_id
    assert name == read_arrival(s3(sequencer="another", size=2), "another execution").derived_id
    others = [s3("prompts/b.json"), s3(bucket="c"), s3(**{"version-id": "w"})]
    assert len({name, *(read_arrival(other, "x").derived_id for other in others)}) == 4


def test_an_upload_without_a_version_is_named_for_etag_and_sequencer() -> None:
    versionless = {"version-id": ""}
    names = {
        read_arrival(s3(**versionless, **more), "x").derived_id
        for more in ({}, {"etag": "f"}, {"sequencer": "t"})
    }
    assert len(names) == 3


def test_an_upload_is_namespaced_by_its_folder() -> None:
    assert read_arrival(s3("prompts/mona/a.json"), "x").namespace == "s3:prompts/mona"


def test_the_body_never_names_its_namespace() -> None:
    body = {"prompt": "a", "source": "shop", "requester": "boss"}
    assert read_arrival(body, "x").namespace == "direct"
    assert read_arrival(requested(detail=body), "x").namespace == "event:shop"


def test_an_event_is_named_for_its_id() -> None:
    arrival = read_arrival(requested(), "x")
    assert arrival.derived_id == "event-1"
    assert arrival.body == {"prompt": "a"}


def test_an_event_without_an_id_is_named_for_its_execution() -> None:
    event = requested()
    del event["id"]
    assert read_arrival(event, "x").derived_id == "execution-x"


def test_names_from_outside_stay_short() -> None:
    arrival = read_arrival(requested(id="i" * 5000, source="s" * 5000), "x")
    assert max(map(len, (arrival.derived_id, arrival.namespace))) < 300


def row(**batch: Any) -> dict[str, Any]:
    about = {"job_id": f"batch-{'0a' * 12}", "line": 12, "bucket": "b"}
    about |= {"key": "batches/mona/a.jsonl", "version_id": "v"}
    return {"batch": about | batch, "request": {"prompt": "a", "request_id": "mine"}}


def test_a_row_is_named_for_its_batch_and_line() -> None:
    arrival = read_arrival(row(), "x")
    assert arrival.derived_id == f"batch-{'0a' * 12}-12"
    assert arrival.namespace == "s3:batches/mona"
    assert arrival.body == {"prompt": "a", "request_id": "mine"}
    assert arrival.file is None
    assert arrival.source == {
        "type": "batch",
        "job_id": f"batch-{'0a' * 12}",
        "line": "12",
        "bucket": "b",
        "key": "batches/mona/a.jsonl",
        "version_id": "v",
    }


def test_an_own_id_stands_behind_its_namespace() -> None:
    arrival = read_arrival(row(), "x")
    assert arrival.record_key("mine") == "s3:batches/mona/mine"
    assert arrival.record_key(None) == arrival.derived_id


@pytest.mark.parametrize(
    "batch",
    [
        {"line": 0},
        {"line": -1},
        {"line": "12"},
        {"line": 10**5000},
        {"job_id": "batch-1"},
        {"job_id": f"batch-{'0a' * 12}\n"},
        {"bucket": "no bucket"},
        {"key": "\ud83d"},
        {"key": "k" * 2000},
        {"version_id": None},
    ],
)
def test_what_is_no_row_is_a_bare_request(batch: dict[str, Any]) -> None:
    arrival = read_arrival(row(**batch), "x")
    assert (arrival.namespace, arrival.derived_id) == ("direct", "execution-x")


def test_folders_are_ignored() -> None:
    assert read_arrival(s3("prompts/holiday/"), "x").ignored
    assert not read_arrival(s3("prompts/holiday.json"), "x").ignored


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["source", "detail", "detail-type", "bucket", "name", "object", "key", "batch"]
            ),
            st.one_of(inner, st.sampled_from(["aws.s3", "ImageRequested"])),
        ),
    ),
    max_leaves=12,
)


@given(event=JSON)
def test_any_input_arrives_somehow(event: object) -> None:
    arrival = read_arrival(event, "x")
    assert arrival.derived_id
    assert all(isinstance(value, str) for value in arrival.source.values())


def called(who: str, request_id: str) -> dict[str, Any]:
    return {"api": {"requester": who, "request_id": request_id}, "request": {"prompt": "a"}}


def test_a_call_of_the_api_is_named_by_its_id() -> None:
    own = request_id_for("key:shop", "order-1")
    arrival = read_arrival(called("key:shop", own), own)
    assert (arrival.namespace, arrival.derived_id) == ("api:key:shop", own)
    assert (arrival.source, arrival.body) == ({"type": "api"}, {"prompt": "a"})


@pytest.mark.parametrize(
    ("who", "request_id"),
    [
        ("key:other", request_id_for("key:shop", "order-1")),
        ("key:shop", "order-1"),
        ("key:shop", f"execution-{request_id_for('key:shop', 'order-1')}"),
        ("", request_id_for("", "order-1")),
        ("\ud800", request_id_for("key:shop", "order-1")),
        ("k" * 1025, request_id_for("k" * 1025, "order-1")),
        (7, request_id_for("7", "order-1")),
    ],
)
def test_an_id_that_is_not_its_requesters_is_no_call(who: Any, request_id: str) -> None:
    assert read_arrival(called(who, request_id), "x").namespace == "direct"
