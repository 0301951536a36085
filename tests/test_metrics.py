"""Metrics carry no address, no mail, no hash: only a short list of label names, on every metric there is."""

import importlib
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

HOUSE = Path(__file__).resolve().parents[1]
ALLOWED = {"target", "kind", "reason", "outcome", "channel", "algorithm", "state", "store", "spider"}


def ours() -> list[MetricWrapperBase]:
    """Every metric of every `metrics.py` of the house."""
    for file in sorted(HOUSE.glob("*/metrics.py")) + sorted(HOUSE.glob("*/*/metrics.py")):
        module = importlib.import_module(".".join(file.relative_to(HOUSE).with_suffix("").parts))
        yield from (one for one in vars(module).values() if isinstance(one, MetricWrapperBase))


def test_every_metric_uses_only_harmless_labels():
    used = {label for metric in ours() for label in metric._labelnames}
    assert used <= ALLOWED


def test_every_metric_is_ours_by_name_and_says_what_it_counts():
    found = list(ours())
    assert len(found) > 10
    for metric in found:
        assert metric._name.startswith("watchlight_"), metric._name
        assert metric._documentation
    assert len(list(REGISTRY.collect())) > 10
