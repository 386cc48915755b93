"""Rotation by kube-apiserver itself, under load, packed and plain, and while lanner is down."""

from __future__ import annotations

import gzip
import json
import os
import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)

SHELL = "Shell opened in a sensitive namespace"
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


def attack(cluster) -> None:
    cluster.kubectl("admin", "exec", "-n", "kube-system", "db-0", "--", "true")


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "packed"])
def test_each_line_is_archived_once_through_rotations(cluster, lanner, until, tell, compress):
    """kube-apiserver rotates each MB, packs in one case, and goes on while lanner is down and when it comes back."""
    folder = cluster.log.parent
    watcher = lanner(
        {
            "sources": [{"type": "file", "path": str(cluster.log)}],
            "archive": {"commit_seconds": 1, "keep_stages": STAGES},
        }
    )
    watcher.start()
    cluster.start(*FLAGS, *(["--audit-log-compress"] if compress else []), policy=EVERYTHING)
    cluster.running_pod("db-0", "kube-system")
    for phase in ("first", "away", "again"):
        if phase == "away":
            assert watcher.stop() == 0
        attack(cluster)
        make_traffic(cluster, phase, 80)
        if phase == "away":
            watcher.start()
    cluster.stop()
    lines = written(folder)
    names = [path.name for path in folder.iterdir()]
    until(lambda: watcher.archived() >= len(lines), f"{len(lines)} events are archived")
    assert watcher.stop() == 0
    tell(f"{len(names)} files, {sum(map(len, lines)) / MEGABYTE:.1f} MB, {len(lines)} events")
    assert len(names) > 5
    assert any(name.endswith(".gz") for name in names) is compress
    found, expected = Counter(watcher.export()), Counter(lines)
    assert [json.loads(line)["auditID"] for line in (expected - found)] == []
    assert [json.loads(line)["auditID"] for line in (found - expected)] == []
    assert watcher.live() == watcher.replayed(folder)
    assert len(watcher.told(SHELL, "kubernetes-admin")) == 3


def test_a_file_made_beforehand_keeps_its_mode_through_rotation(cluster):
    """docs/install.md lets lanner read without root by a file of mode 0640 that is there before kube-apiserver."""
    cluster.log.parent.mkdir()
    cluster.log.touch()
    cluster.log.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(cluster.log, -1, 65532)
    group = cluster.log.stat().st_gid
    cluster.start(*FLAGS, policy=EVERYTHING)
    make_traffic(cluster, "many", 40)
    cluster.stop()
    files = [path.stat() for path in cluster.log.parent.iterdir()]
    assert len(files) > 1
    assert {(stat.S_IMODE(file.st_mode), file.st_gid) for file in files} == {(0o640, group)}
