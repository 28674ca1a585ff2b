"""Whatever a checker is told to overlook stands beside its reason."""

import re

from samtranslator.yaml_helper import yaml_parse
from security.stack import ROOT, transformed


def test_checkov_skips_nothing_without_a_reason() -> None:
    lines = (ROOT / ".checkov.yaml").read_text("utf-8").splitlines()
    skipped = [n for n, line in enumerate(lines) if re.match(r"\s+- CKV", line)]
    assert skipped
    for n in skipped:
        assert re.match(r"\s+# \S+( \S+){4,}", lines[n - 1]), lines[n]


def test_a_resource_skips_nothing_without_a_reason() -> None:
    site = yaml_parse((ROOT / "web" / "site.yaml").read_text("utf-8"))
    for name, resource in {**transformed()["Resources"], **site["Resources"]}.items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ()):
            assert len(skip["comment"].split()) >= 5, name


def test_cfn_lint_overlooks_nothing() -> None:
    """Neither by a file nor in a template."""
    assert not list(ROOT.glob(".cfnlintrc*"))
    for template in ("template.yaml", "container/endpoint.yaml", "web/site.yaml"):
        assert "cfn-lint:" not in (ROOT / template).read_text("utf-8")
