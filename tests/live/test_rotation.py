"""Rotation by kube-apiserver itself, under load, packed and plain, and while lanner is down."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)

MEGABYTE = 1 << 20
STAGES = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]
EVERYTHING = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "RequestResponse"}]}
FLAGS = ("--audit-log-maxsize=1", "--audit-log-maxbackup=200")


def written(folder: Path) -> list[bytes]:
    """All lines of the audit file and its rotated forms."""
    opened = {".gz": gzip.open}
    lines: list[bytes] = []
    for path in sorted(folder.iterdir()):
        with opened.get(path.suffix, open)(path, "rb") as file:
            lines += file.read().splitlines()
    return lines


def stored(folder: Path) -> int:
    """Bytes of the audit files, as they are on the disk."""
    return sum(path.stat().st_size for path in folder.iterdir())


def make_traffic(cluster, name: str, objects: int) -> None:
    """Make, read and delete ConfigMaps of 8 KiB, four clients at once."""
    with cluster.client("admin") as client:

        def one(number: int) -> None:
            url = "/api/v1/namespaces/default/configmaps"
            body = {"metadata": {"name": f"{name}-{number}"}, "data": {"text": f"{number:08d}" * 1024}}
            client.post(url, json=body).raise_for_status()
            client.get(f"{url}/{name}-{number}").raise_for_status()
            client.delete(f"{url}/{name}-{number}").raise_for_status()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(one, range(objects)))


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "packed"])
def test_each_line_is_archived_once_through_rotations(cluster, lanner, until, tell, compress):
    """kube-apiserver rotates each MB, packs in one case, and goes on while lanner is down and when it comes back."""
    watcher = lanner(
        {
            "sources": [{"type": "file", "path": str(cluster.log)}],
            "archive": {"commit_seconds": 1, "keep_stages": STAGES},
        }
    )
    watcher.start()
    cluster.start(*FLAGS, *(["--audit-log-compress"] if compress else []), policy=EVERYTHING)
    make_traffic(cluster, "first", 80)
    assert watcher.stop() == 0
    make_traffic(cluster, "away", 80)
    watcher.start()
    make_traffic(cluster, "again", 80)
    cluster.stop()
    lines = written(cluster.log.parent)
    files = len(list(cluster.log.parent.iterdir()))
    until(lambda: watcher.archived() >= len(lines), f"{len(lines)} events are archived")
    assert watcher.stop() == 0
    found = Counter(watcher.export())
    expected = Counter(lines)
    tell(f"{files} files, {sum(map(len, lines)) / MEGABYTE:.1f} MB, {len(lines)} events")
    assert files > 5
    assert [json.loads(line)["auditID"] for line in (expected - found)] == []
    assert [json.loads(line)["auditID"] for line in (found - expected)] == []
