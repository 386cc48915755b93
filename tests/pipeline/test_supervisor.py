"""The supervisor's judgement: which falls end it, which parts it starts, in which order they end.

What it does with real parts under real signals is tested in tests/cli/test_run.py.
"""

from __future__ import annotations

import subprocess
import sys
import threading

import msgspec
import pytest

from lanner.archive.settings import ArchiveSettings
from lanner.errors import GroundError
from lanner.pipeline import supervisor
from lanner.pipeline.child import Order
from lanner.pipeline.player import Play
from lanner.pipeline.supervisor import Part
from lanner.settings.model import Settings, WebSettings
from lanner.state.lock import held


@pytest.fixture
def settings(folder):
    return Settings(data=str(folder.root), web=WebSettings(enabled=False), archive=ArchiveSettings(enabled=False))


@pytest.fixture
def part(settings, monkeypatch):
    """Return a maker of parts whose process runs a line of Python instead."""
    made: list[Part] = []
    real = subprocess.Popen

    def make(name: str, code: str) -> Part:
        def start(_: list[str], **options: object) -> subprocess.Popen[bytes]:
            return real([sys.executable, "-c", code], **options)

        monkeypatch.setattr(subprocess, "Popen", start)
        made.append(Part(Order(part=name, settings=settings)))
        made[-1].start()
        return made[-1]

    yield make
    monkeypatch.undo()
    for one in made:
        one.stop()


def ended(part: Part) -> None:
    assert part._process is not None
    part._process.wait(20)


@pytest.mark.parametrize("code", [2, 3])
def test_ingest_that_cannot_begin_ends_all_with_its_code(part, code):
    ingest = part("ingest", f"raise SystemExit({code})")
    ended(ingest)
    assert ingest.check() == code


@pytest.mark.parametrize(("name", "code"), [("web", 3), ("archiver", 3), ("ingest", 1)])
def test_other_falls_are_followed_by_a_new_start(part, name, code, until):
    fallen = part(name, f"raise SystemExit({code})")
    ended(fallen)
    assert fallen.check() is None
    assert fallen._process is None
    fallen._again = 0.0
    assert fallen.check() is None
    assert fallen._process is not None


def test_ingest_that_has_fallen_before_does_not_end_all_by_a_failed_start(part):
    ingest = part("ingest", "raise SystemExit(1)")
    ended(ingest)
    ingest.check()
    ingest = part_again(ingest)
    assert ingest.check() is None


def part_again(part: Part) -> Part:
    part.start()
    ended(part)
    return part


def test_the_wait_grows_and_is_bounded(part, monkeypatch):
    fallen = part("web", "raise SystemExit(1)")
    waits = []
    for _ in range(9):
        ended(fallen)
        fallen.check()
        waits.append(fallen._wait)
        fallen.start()
    assert waits == sorted(waits)
    assert waits[-1] == supervisor.LONGEST_WAIT


def test_a_part_that_cannot_be_started_is_tried_later(part, monkeypatch):
    fallen = part("web", "raise SystemExit(1)")
    ended(fallen)
    fallen.check()
    fallen._again = 0.0

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        assert fallen.check() is None
    assert fallen._process is None
    fallen._again = 0.0
    fallen.check()
    assert fallen._process is not None


def test_a_part_that_does_not_end_is_killed(part, monkeypatch):
    monkeypatch.setitem(supervisor.STOP_SECONDS, "web", 0.2)
    code = "import signal,sys,time; signal.signal(15, signal.SIG_IGN); sys.stdout.write('x'); time.sleep(60)"
    deaf = part("web", code)
    process = deaf._process
    assert process is not None
    deaf.stop()
    assert process.returncode in (-9, -15)


def test_givers_end_before_takers(settings):
    everything = msgspec.structs.replace(settings, archive=ArchiveSettings(), web=WebSettings())
    play = Play(log="", target="", rate=1.0)
    assert [part.name for part in supervisor._parts(everything, play)] == ["player", "ingest", "archiver", "web"]
    assert [part.name for part in supervisor._parts(settings, None)] == ["ingest"]


def test_it_runs_until_stopped_and_only_once_on_a_folder(settings, folder, until, store):
    stop = threading.Event()
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(supervisor.run(settings, stop=stop)))
    thread.start()
    until(lambda: "ingest" in store.statuses(), 60)
    with pytest.raises(GroundError, match="another lanner"), held(folder.lock("supervisor")):
        pass
    stop.set()
    thread.join(40)
    assert codes == [0]
    with held(folder.lock("ingest")):
        pass
