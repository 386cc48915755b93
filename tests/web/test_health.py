"""Health in words."""

from __future__ import annotations

import pytest

from lanner.archive.settings import ArchiveSettings
from lanner.settings.model import Settings
from lanner.state.kept import Delivery
from lanner.web.feed import Snapshot
from lanner.web.health import judge, parts

BOTH = ("ingest", "archiver")
WELL = {"age": 0.2, "problem": ""}


def snapshot(deliveries=(), **statuses):
    return Snapshot(statuses=statuses, deliveries=list(deliveries), problem="")


@pytest.mark.parametrize(
    ("seen", "level", "text", "silent"),
    [
        (Snapshot(), "waiting", "starting: there is no state database yet", ["ingest", "archiver"]),
        (Snapshot(problem="the state database cannot be read: x"), "bad", "cannot be read", ["ingest", "archiver"]),
        (snapshot(ingest=WELL, archiver=WELL), "ok", "all parts answer", []),
        (snapshot(), "waiting", "ingest has not started yet; archiver has not started yet", ["ingest", "archiver"]),
        (snapshot(ingest=WELL), "waiting", "archiver has not started yet", ["archiver"]),
        (
            snapshot(ingest={"age": 12.0}, archiver=WELL),
            "bad",
            "ingest does not answer (last heard of 12.0 s ago)",
            ["ingest"],
        ),
        (snapshot(ingest=WELL, archiver={"age": 0, "problem": "disk\nfull"}), "bad", "archiver: disk⟨U+000A⟩full", []),
        (
            snapshot([Delivery("siem", 1, 1, 0, "refused")], ingest=WELL, archiver=WELL),
            "bad",
            "output siem: refused",
            [],
        ),
    ],
)
def test_health_names_what_is_wrong(seen, level, text, silent):
    health = judge(seen, BOTH)
    assert (health.level, health.silent) == (level, silent)
    assert text in health.text


def test_without_an_archive_the_archiver_need_not_answer():
    assert parts(Settings()) == BOTH
    assert parts(Settings(archive=ArchiveSettings(enabled=False))) == ("ingest",)
