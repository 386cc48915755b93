"""From the moment kube-apiserver stamps an exec to lanner's alert on standard output; printed, not judged."""

from __future__ import annotations

import datetime as dt

import pytest

pytestmark = pytest.mark.timeout(600)

RULE, USER = "Shell opened in a sensitive namespace", "kubernetes-admin"
TRIES = 50


def test_an_exec_is_told_at_once(cluster, lanner, until, tell):
    """Each of fifty execs is told once; how soon after its stageTimestamp is printed."""
    watcher = lanner({"sources": [{"type": "file", "path": str(cluster.log)}]})
    watcher.start()
    cluster.start()
    cluster.running_pod("db-0", "kube-system")
    for _ in range(TRIES):
        cluster.kubectl("admin", "exec", "-n", "kube-system", "db-0", "--", "true")
    until(lambda: len(watcher.told(RULE, USER)) >= TRIES, "each exec is told")
    assert watcher.stop() == 0
    assert len(watcher.told(RULE, USER)) == TRIES
    took = sorted(
        (arrived - dt.datetime.fromisoformat(alert["time"]).timestamp()) * 1000
        for arrived, alert in watcher.alerts
        if alert["rule"] == RULE
    )
    tell(f"exec to alert, {TRIES} tries: p50 {took[TRIES // 2]:.1f} ms, p99 (the slowest) {took[-1]:.1f} ms")
