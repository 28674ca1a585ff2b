"""Networks that are gone, slow, or lose an answer: told, resumed, and never paid for twice."""

from __future__ import annotations

from typing import Any

import pytest
from web.conftest import Visit
from workflow.running_system import Stack

pytestmark = [pytest.mark.web, pytest.mark.engine]


def requests_of(stack: Stack) -> int:
    table = stack.outputs["ResultsTable"]
    counted: int = stack.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"]
    return counted


def test_offline_while_sending(visit: Visit, stack: Stack) -> None:
    visitor, before = visit(), requests_of(stack)
    visitor.open()
    visitor.page.get_by_label("Prompt", exact=True).fill("a raft")
    visitor.context.set_offline(True)

    visitor.send()

    visitor.expect("#connection").to_contain_text("You are offline")
    visitor.keep("offline")
    visitor.context.set_offline(False)
    assert visitor.result() == "Your picture is ready"
    visitor.expect("#connection").to_be_hidden()
    assert requests_of(stack) == before + 1


def test_offline_while_watching(visit: Visit, stack: Stack) -> None:
    visitor, before = visit(), requests_of(stack)
    stack.script("a raft at dawn", generation=[{"slow": 2}])
    visitor.ask("a raft at dawn")
    visitor.expect(".steps.live .done").not_to_have_count(0)

    visitor.context.set_offline(True)

    visitor.expect("#connection").to_contain_text("You are offline")
    visitor.context.set_offline(False)
    assert visitor.result() == "Your picture is ready"
    visitor.expect("#connection").to_be_hidden()
    assert requests_of(stack) == before + 1


def test_an_answer_that_is_lost_on_its_way(visit: Visit, stack: Stack) -> None:
    visitor, before = visit(), requests_of(stack)
    keys: list[str] = []

    def lose_the_first(route: Any) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    visitor.page.route("**/api/images", lose_the_first)
    visitor.ask("a raft at noon")

    assert visitor.result() == "Your picture is ready"
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert requests_of(stack) == before + 1


def test_a_server_that_is_away_for_a_moment(visit: Visit, stack: Stack) -> None:
    visitor, before = visit(), requests_of(stack)
    away = iter([503, 504])

    def go_away(route: Any) -> None:
        status = next(away, None)
        if status:
            route.fulfill(status=status, body="<h1>Gateway</h1>", content_type="text/html")
        else:
            route.continue_()

    visitor.page.route("**/api/images", go_away)
    visitor.ask("a raft at dusk")

    assert visitor.result() == "Your picture is ready"
    assert visitor.statuses("POST", "/images") == [503, 504, 202]
    assert requests_of(stack) == before + 1


def test_a_slow_network(visit: Visit, stack: Stack) -> None:
    visitor, before = visit(), requests_of(stack)
    network = visitor.context.new_cdp_session(visitor.page)
    slow = {"offline": False, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {**slow, "latency": 400})

    visitor.ask("a raft in the fog")

    assert visitor.result() == "Your picture is ready"
    network.send("Network.emulateNetworkConditions", {**slow, "latency": 6500})
    visitor.page.get_by_role("link", name="History").click()
    visitor.expect("#connection").to_contain_text("slow")
    visitor.expect("#requests li").not_to_have_count(0)
    visitor.expect("#connection").to_be_hidden()
    assert requests_of(stack) == before + 1
