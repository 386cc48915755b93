"""The table of metrics and its page in the docs."""

from __future__ import annotations

import re
from pathlib import Path

from lanner.metrics import METRICS

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "metrics.md"


def test_the_page_lists_exactly_the_metrics():
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    expected = [
        (metric.name, metric.kind, ", ".join(f"`{label}`" for label in metric.labels) or "-", metric.help)
        for metric in METRICS
    ]
    assert listed == expected


def test_names_follow_prometheus_conventions():
    for metric in METRICS:
        assert re.fullmatch(r"lanner_[a-z_]+[a-z]", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.key.count("*") == (1 if metric.key and metric.labels else 0)
    assert len({metric.name for metric in METRICS}) == len(METRICS)
