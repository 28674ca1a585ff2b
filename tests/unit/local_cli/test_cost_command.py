"""`safelight cost` as people type it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local import cli
from local.commands.failure import FAILED, SUCCESS
from local.cost import measure
from local.cost.prices import FILE, shipped
from local.cost.report import Sheet

Output = pytest.CaptureFixture[str]


def told(capsys: Output, *options: str) -> str:
    assert cli.main(["cost", *options]) == SUCCESS
    return capsys.readouterr().out


def refused(capsys: Output, *options: str) -> str:
    assert cli.main(["cost", *options]) == FAILED
    return capsys.readouterr().err


def test_tables_choices_plot_and_what_is_left_out(capsys: Output) -> None:
    out = told(capsys, "--images-per-day", "2000")
    assert "2,000 images a day, us-east-1, USD" in out
    for part in ("Step Functions", "Scaling to zero", "ml.g5.2xlarge", "Designs of", "as asked"):
        assert part in out
    assert "* has a price that is not verified: comprehend.unit beyond" in out
    assert "Left out: data transfer, tax, free tiers" in out


def test_only_what_was_asked(capsys: Output) -> None:
    out = told(capsys, "--no-compare", "--backend", "guardrail", "--markdown")
    assert "| Bedrock Guardrails | 0.15 |" in out
    assert "Scaling to zero" not in out


def test_files(capsys: Output, tmp_path: Path) -> None:
    plot, document = tmp_path / "cost.svg", tmp_path / "cost.json"
    told(capsys, "--plot", str(plot), "--json", str(document), "--images-per-day", "50000")
    assert plot.read_text("utf-8").startswith("<svg")
    found = json.loads(document.read_text("utf-8"))
    assert found["workload"]["images_per_day"] == 50000
    services = sum(each["usd_a_month"] for each in found["services"])
    assert found["usd_a_month"] == pytest.approx(services)
    assert len(found["comparisons"]) == 5
    unsure = {each["name"] for each in found["services"] if not each["verified"]}
    assert "Comprehend, toxicity" in unsure
    nowhere = str(tmp_path / "none" / "cost.json")
    assert f"--json {nowhere} cannot be written" in refused(capsys, "--json", nowhere)


def test_every_price_can_be_listed(capsys: Output) -> None:
    out = told(capsys, "--list-prices", "--markdown")
    assert all(f"| {price.key} |" in out for price in shipped())


def test_prices_of_ones_own(capsys: Output, tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    document["region"] = "eu-west-1"
    document["prices"]["rekognition.image"]["usd"] = 0.5
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document), "utf-8")
    out = told(capsys, "--prices", str(file), "--no-compare")
    assert "eu-west-1" in out
    document["prices"]["rekognition.image"]["usd"] = "much"
    file.write_text(json.dumps(document), "utf-8")
    error = refused(capsys, "--prices", str(file))
    assert "--prices: " in error
    assert "rekognition.image: usd must be a number" in error


def test_a_batch_s_speed_is_published_or_told(capsys: Output) -> None:
    busy = ("--images-per-day", "100000", "--no-compare", "--batch-size")
    assert told(capsys, *busy, "8") != told(capsys, *busy, "1")
    assert "--batch-size 4 needs --batch-speedup" in refused(capsys, "--batch-size", "4")
    told(capsys, *busy, "4", "--batch-speedup", "1.6")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--unsafe", "1.5"), "--unsafe must be from 0 to 1."),
        (("--images-per-day", "0"), "--images-per-day must be a number above 0."),
        (("--images-per-request", "9"), "--images-per-request must be from 1 to 4."),
        (("--instance-type", "ml.x"), "--instance-type ml.x has no price; there are ml.g4dn"),
        (("--keyword", "0.99"), "--keyword with classifier and invalid must be at most 1, and is"),
    ],
)
def test_what_is_wrong_names_the_option(
    capsys: Output, options: tuple[str, ...], error: str
) -> None:
    assert error in refused(capsys, *options)


def test_measured_beside_computed(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = Sheet("Calls", ("", "computed", "counted"), (("accepted", "16", "16"),), "Said.")
    monkeypatch.setattr(measure, "measured", lambda _: [sheet])
    out = told(capsys, "--measure")
    assert "counted" in out
    assert "Said." in out
