"""Names that rotating programs give, and their order."""

from __future__ import annotations

import pytest

from lanner.sources.rotation import in_order, parse_name


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("audit.log", "audit.log"),
        ("audit-2026-01-31T10-00-00.123.log", "audit.log"),
        ("audit-2026-01-31T10-00-00.123.log.gz", "audit.log"),
        ("audit.log.1", "audit.log"),
        ("audit.log.12.gz", "audit.log"),
        ("audit.log-20260131", "audit.log"),
        ("audit.log-20260131.zst", "audit.log"),
        ("audit-20260131.log", "audit.log"),
        ("0.log.20260131-100000.gz", "0.log"),
        ("kube-apiserver-audit.log", "kube-apiserver-audit.log"),
        ("events.jsonl.zst", "events.jsonl"),
        ("node-1.log", "node-1.log"),
    ],
)
def test_the_log_that_a_name_belongs_to(name, base):
    assert parse_name(name).base == base


@pytest.mark.parametrize(
    "names",
    [
        ["audit-2026-01-31T10-00-00.123.log.gz", "audit-2026-01-31T10-00-01.000.log", "audit.log"],
        ["audit.log.10.gz", "audit.log.9.gz", "audit.log.1", "audit.log"],
        ["audit.log-20260130.gz", "audit.log-20260131", "audit.log"],
    ],
)
def test_oldest_first(names):
    assert in_order(names[::-1]) == names
