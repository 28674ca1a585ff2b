"""docs/cost.md is what the code says today; every price in a document is that of prices.json."""

import re
import shlex

import pytest
from wiring import doc_lines
from wiring.system import ROOT, TEMPLATE

from local.cli import parser
from local.cost import document
from local.cost.comparisons import comparisons
from local.cost.estimate import estimate
from local.cost.prices import shipped
from local.cost.workload import Workload

DOC = document.DOCUMENT.read_text("utf-8")
LINES = doc_lines.command_lines(DOC)


def usd(key: str, units: float = 1) -> str:
    """A price with cents."""
    # Half a cent goes up.
    return f"{shipped()[key].usd * units + 1e-9:.2f}"


def small(key: str, units: float = 1) -> str:
    """A price with as many places as it has."""
    return f"{shipped()[key].usd * units:.8f}".rstrip("0")


def test_the_document_is_of_today() -> None:
    told = "python -m local.cost.document writes both anew"
    assert document.replaced(DOC) == DOC, told
    assert document.PLOT.read_text("utf-8") == document.picture(), told


def test_what_is_told_in_short_is_what_the_tables_say() -> None:
    found = estimate(Workload(), shipped())
    assert f"State transitions cost {found.usd('Step Functions'):.2f} USD per 1,000" in DOC
    sleeping = next(one for one in comparisons(Workload(), shipped()) if "zero" in one.title)
    assert "some two hundred requests" in DOC
    assert "from 220 images a day on" in sleeping.says


@pytest.mark.parametrize("line", LINES)
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line, comments=True)[1:]).run)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#h][^)#]*)[)#]", DOC))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("docs/batches.md", f"{small('comprehend.unit', 3)} USD, a row"),
        ("docs/datasets.md", f"{small('rekognition.image')} USD a picture for Rekognition"),
        ("docs/datasets.md", f"{small('comprehend.unit', 6)} USD a prompt for Comprehend"),
        ("docs/datasets.md", f"{usd('sagemaker.ml.g5.2xlarge')} USD an hour"),
        ("docs/moderation-images.md", f"${usd('rekognition.image', 1000)} per 1,000 pictures"),
        ("docs/moderation-text.md", f"${small('comprehend.toxicity-unit')} per started"),
        ("docs/moderation-text.md", f"${usd('comprehend.unit', 3000)} per 1,000 prompts"),
        ("docs/moderation-text.md", f"${usd('comprehend.inference-unit-second', 3600)} an hour"),
        ("docs/moderation-text.md", f"${usd('guardrails.content-unit', 1000)} per 1,000 units"),
        ("docs/moderation-text.md", f"${usd('guardrails.topic-unit', 1000)} for denied topics"),
        (
            "docs/moderation-text.md",
            f"${usd('guardrails.sensitive-information-unit', 1000)} for personal data",
        ),
        ("docs/operations.md", f"metrics at {usd('cloudwatch.alarm-month')} |"),
        ("docs/operations.md", f"| dashboard | one | {usd('cloudwatch.dashboard-month')} |"),
        ("docs/operations.md", f"5 at {usd('cloudwatch.metric-month')} |"),
        ("docs/operations.md", f"million at {usd('sqs.request', 1e6)} |"),
        ("docs/operations.md", f"calls at {usd('kms.request', 1e4)} per 10,000"),
        ("docs/operations.md", f"of your own adds {usd('kms.key-month')[0]} dollar"),
        (
            "docs/operations.md",
            f"combination of dimensions costs ${usd('cloudwatch.metric-month')}",
        ),
        ("docs/operations.md", f"GB of log ${usd('cloudwatch.log-gb')}"),
        ("docs/operations.md", f"${usd('xray.trace', 1e6)[0]} per million traces"),
        ("docs/endpoint.md", f"{shipped().instance('ml.g5.2xlarge').usd * 4 / 3600:.4f} USD"),
        ("docs/decisions/0018-training-the-classifier.md", "A training costs 3 USD an hour"),
        (
            "statemachine/train_classifier.asl.json",
            f"{small('comprehend.inference-unit-second')} USD a second",
        ),
    ],
)
def test_prices_of_other_documents(file: str, told: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert told in re.sub(r"\s+", " ", text), told


def test_the_price_in_the_template() -> None:
    told = TEMPLATE["Parameters"]["ClassifierInferenceUnits"]["Description"]
    assert f"costs {usd('comprehend.inference-unit-second', 86_400)} USD a day" in told
