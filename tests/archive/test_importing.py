"""An import takes each line once, however often it is stopped or repeated."""

import base64
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from lanner.archive.catalog import file_lock
from lanner.archive.export import export_columns, export_lines
from lanner.archive.importing import importer
from lanner.archive.listing import list_redacted
from lanner.archive.settings import ArchiveSettings, Drop
from lanner.archive.store import Archive
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.errors import GroundError, SourceError
from lanner.sources.history import read_lines

SETTINGS = ArchiveSettings(commit_events=10)
AUDIT = Path(__file__).parents[2].parent / "shared" / "data" / "audit"


@pytest.fixture
def log(tmp_path, event):
    path = tmp_path / "audit.log"
    path.write_bytes(b"".join(event(number) + b"\n" for number in range(25)))
    return path


def run(archive, path, settings=SETTINGS, **options):
    with importer(archive, settings, **options) as imports:
        return imports.run(str(path), lambda: read_lines(path))


def test_export_gives_what_was_imported(archive, log):
    """Several commits later the lines are the same, in the same order."""
    outcome = run(archive, log)
    assert (outcome.lines, outcome.events, outcome.known) == (25, 25, 0)
    assert b"".join(line + b"\n" for line in export_lines(archive)) == log.read_bytes()
    assert len(archive.table.metadata.snapshots) == 3


def test_a_second_import_adds_nothing(archive, log):
    """The same content under another name is known."""
    run(archive, log)
    other = log.with_name("other.log")
    other.write_bytes(log.read_bytes())
    assert (run(archive, other).events, run(archive, other).known) == (0, 25)


def test_a_log_that_has_grown_is_imported_from_where_it_ended(archive, log, event):
    """Only the new lines are added; the old state of the log stays known."""
    run(archive, log)
    before = log.read_bytes()
    log.write_bytes(before + event(99) + b"\n")
    assert run(archive, log).events == 1
    log.write_bytes(before)
    assert run(archive, log).events == 0


def test_a_half_written_last_line_is_read_later(archive, log, event):
    """A cut line is shown, but not taken for read."""
    text = event(99)
    whole = log.read_bytes()
    log.write_bytes(whole + text[:50])
    refused = []
    assert run(archive, log, refused=refused.append).refused == 1
    assert (refused[0].line, refused[0].offset) == (26, len(whole))
    log.write_bytes(whole + text + b"\n")
    assert run(archive, log).events == 1
    assert list(export_lines(archive))[-1] == text


def test_refused_lines_in_the_middle_are_passed_on(archive, log):
    """Bad and oversized lines are told with their place; the rest is archived."""
    lines = log.read_bytes().splitlines()
    lines[3:3] = [b"bad", b'{"x":"' + b"y" * 3000 + b'"}']
    log.write_bytes(b"\n".join(lines))
    refused = []
    with importer(archive, SETTINGS, refused=refused.append) as imports:
        outcome = imports.run("log", lambda: read_lines(log, max_line_bytes=2000))
    assert (outcome.events, outcome.refused) == (25, 2)
    assert [(found.line, found.size) for found in refused] == [(4, 3), (5, 3008)]


def test_what_is_readable_of_a_damaged_file_is_archived(archive, log):
    """A cut gzip file gives its readable lines, then its error."""

    def read():
        yield from read_lines(log)
        raise SourceError("cut")

    with pytest.raises(SourceError, match="cut"), importer(archive, SETTINGS) as imports:
        imports.run("log", read)
    assert len(list(export_lines(archive))) == 25


def test_filters_apply_when_asked(archive, tmp_path, event):
    """By default every stage is kept; filtered, twins and noise go and are counted."""
    log = tmp_path / "twins.log"
    texts = [event(1, "RequestReceived"), event(1), event(2, "RequestReceived"), event(3, user="noise")]
    log.write_bytes(b"\n".join(texts))
    settings = ArchiveSettings(drop=(Drop(name="n", users=("noise",)),))
    outcome = run(archive, log, settings, filtered=True)
    assert outcome.dropped == {"stage RequestReceived": 1, "drop n": 1}
    assert sorted(export_lines(archive)) == sorted([texts[1], texts[2]])


def test_one_import_at_a_time(archive, log):
    """A second import is refused in words."""
    with file_lock(archive.folder / "import.lock", wait=False), pytest.raises(GroundError, match="another import"):
        run(archive, log)


def test_a_damaged_ledger_is_named(archive, log):
    """The list of imports is a file of its own."""
    (archive.folder / "imports.db").write_bytes(b"no database at all, certainly not" * 100)
    with pytest.raises(GroundError, match=r"imports\.db.*imported again"):
        run(archive, log)


CHILD = """
import sys
from pathlib import Path
from lanner.archive.importing import importer
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.sources.history import read_lines
folder, log = map(Path, sys.argv[1:])
settings = ArchiveSettings(commit_events=20)
archive = Archive.open(settings, folder)
with importer(archive, settings) as imports:
    print("begun", flush=True)
    imports.run("log", lambda: read_lines(log))
"""


def test_each_event_is_archived_once_though_imports_are_killed(tmp_path, event):
    """kill -9 at random moments, then again until it is done: no event is lost or doubled."""
    log = tmp_path / "log"
    log.write_bytes(b"".join(event(number) + b"\n" for number in range(400)))
    chance = random.Random(5)
    for _ in range(6):
        child = subprocess.Popen([sys.executable, "-c", CHILD, tmp_path / "archive", log], stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(chance.uniform(0.01, 0.5))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    archive = Archive.open(SETTINGS, tmp_path / "archive")
    run(archive, log)
    assert b"".join(line + b"\n" for line in export_lines(archive)) == log.read_bytes()


def test_a_commit_that_the_ledger_missed_is_known(archive, log):
    """A kill between commit and ledger: the snapshot's summary tells the next import."""
    run(archive, log)
    (archive.folder / "imports.db").unlink()
    assert run(archive, log).events == 0


@pytest.mark.shared
def test_a_real_log_comes_back_byte_for_byte(archive):
    """All stages, all 11,540 events of the seed policy's log."""
    path = AUDIT / "seed_policy.jsonl.zst"
    if not path.is_file():
        pytest.skip("../shared/data/audit is absent")
    run(archive, path, ArchiveSettings())
    assert list(export_lines(archive)) == [line.data for line in read_lines(path)]
    assert msgspec.json.decode(next(export_lines(archive)))["kind"] == "Event"


CANARY = "c4n4ry-c4n4ry"
SECRET = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"s","stage":"ResponseComplete",'
    b'"requestURI":"/api/v1/namespaces/x/secrets/y?token=%s","verb":"get","user":{"username":"eve"},'
    b'"objectRef":{"resource":"secrets","namespace":"x","name":"y"},'
    b'"responseObject":{"kind":"Secret","data":{"a":"%s"},"stringData":{"b":"%s"}},'
    b'"requestReceivedTimestamp":"2026-01-02T00:00:00.000000Z","stageTimestamp":"2026-01-02T00:00:00.000000Z"}'
)


def test_secret_values_are_nowhere_in_the_archive_folder(archive, tmp_path):
    """Neither in exported lines, columns, Parquet files, metadata nor among what was refused."""
    clear, coded = CANARY.encode(), base64.b64encode(CANARY.encode())
    log = tmp_path / "log"
    line = SECRET % (clear, coded, clear)
    log.write_bytes(line + b"\n" + line[:-40] + b"\n" + line + b" \n")
    redactor, refused = Redactor(RedactionSettings(), bytes(32)), []
    outcome = run(archive, log, SETTINGS, redactor=redactor, refused=refused.append)
    assert (outcome.events, outcome.refused) == (2, 1)
    assert outcome.redacted == {"secrets": 4, "arguments": 2, "refused": 1}
    mark = redactor.mark(clear)
    lines = list(export_lines(archive))
    assert lines == [(SECRET % (mark, mark, mark)) + blank for blank in (b"", b" ")]
    found = [*lines, repr(list(export_columns(archive))).encode(), repr(refused).encode()]
    found += [path.read_bytes() for path in archive.folder.rglob("*") if path.is_file()]
    assert not any(clear in data or coded in data for data in found)
    assert list_redacted(archive) == outcome.redacted


def test_a_log_that_was_imported_in_clear_is_known_redacted(archive, log):
    """What counts is the line as it stands in the log."""
    run(archive, log)
    assert run(archive, log, SETTINGS, redactor=Redactor(RedactionSettings(), bytes(32))).events == 0


def test_what_a_provider_wraps_is_redacted_and_then_comes_back_without_its_wrapping(archive, tmp_path):
    """The provider's line holds the values in another writing: it is not kept beside a redacted event."""
    inner = SECRET % (CANARY.encode(), base64.b64encode(CANARY.encode()), CANARY.encode())
    log = tmp_path / "log"
    log.write_bytes(msgspec.json.encode({"timestamp": 1767312000000, "message": inner.decode()}) + b"\n")
    redactor = Redactor(RedactionSettings(), bytes(32))
    assert run(archive, log, SETTINGS, redactor=redactor).events == 1
    mark = redactor.mark(CANARY.encode())
    assert list(export_lines(archive)) == [SECRET % (mark, mark, mark)]
