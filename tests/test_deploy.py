"""The dashboard and the alert rules speak of metrics that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

HOUSE = Path(__file__).resolve().parents[1]
NAME = re.compile(r"watchlight_[a-z_]+")


def known() -> str:
    """All source of metrics, as text: names appear there with or without `_total`."""
    return "\n".join(file.read_text() for file in [*HOUSE.glob("*/metrics.py"), *HOUSE.glob("*/*/metrics.py")])


def dashboard_expressions() -> list[str]:
    dashboard = json.loads((HOUSE / "deploy/grafana/watchlight.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def rule_expressions() -> list[str]:
    rules = yaml.safe_load((HOUSE / "deploy/prometheus/alerts.yml").read_text())
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("expression", dashboard_expressions() + rule_expressions())
def test_every_metric_of_an_expression_is_counted_somewhere(expression):
    names = NAME.findall(expression)
    assert names
    for name in names:
        assert f'"{name}"' in known() or f'"{name.removesuffix("_total")}"' in known(), name
