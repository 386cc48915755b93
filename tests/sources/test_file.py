"""The file source on real files: following, rotation, restarts, trouble."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lanner.sources.file import FileSettings

LINES = [b'{"n":%d,"pad":"%s"}' % (n, b"x" * 50) for n in range(100)]


def settings(path: Path, **more) -> FileSettings:
    return FileSettings(path=str(path), poll_seconds=0.02, **more)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))


def rotate(path: Path, stamp: str, *, pack: bool = False) -> Path:
    """Rename as kube-apiserver (lumberjack) does; the writer creates the next file itself."""
    rotated = path.with_name(f"{path.stem}-2026-01-01T00-00-{stamp}{path.suffix}")
    path.rename(rotated)
    if pack:
        packed = rotated.with_name(rotated.name + ".gz")
        packed.write_bytes(gzip.compress(rotated.read_bytes()))
        rotated.unlink()
    return rotated


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def test_follows_a_growing_file(start, log):
    append(log, *LINES[:3])
    running = start(settings(log))
    running.until_lines(3)
    append(log, *LINES[3:6])
    assert running.until_lines(6) == LINES[:6]
    assert [offset for batch in running.batches for offset in batch.offsets][1] == len(LINES[0]) + 1


def test_waits_for_a_file_that_appears_later(start, tmp_path):
    log = tmp_path / "later" / "audit.log"
    running = start(settings(log))
    log.parent.mkdir()
    append(log, *LINES[:2])
    assert running.until_lines(2) == LINES[:2]


def test_keeps_a_partial_line_until_its_newline(start, log):
    log.write_bytes(LINES[0] + b"\n" + LINES[1][:20])
    running = start(settings(log))
    running.until_lines(1)
    checkpoint = running.stop()
    again = start(settings(log), checkpoint)
    with log.open("ab") as file:
        file.write(LINES[1][20:] + b"\n")
    assert again.until_lines(1) == [LINES[1]]
    assert running.lines == [LINES[0]]


@pytest.mark.parametrize("pack", [False, True])
def test_reads_all_rotations_that_happened_while_down(start, log, pack):
    append(log, *LINES[:5])
    running = start(settings(log, batch_lines=3))
    running.until(lambda: len(running.batches) >= 2)
    running.stop()
    checkpoint = running.batches[0].checkpoint
    for turn in range(3):
        append(log, *LINES[5 + turn * 5 : 10 + turn * 5])
        rotate(log, f"0{turn}.000", pack=pack)
    append(log, *LINES[20:22])
    again = start(settings(log), checkpoint)
    assert again.until_lines(19) == LINES[3:22]
    assert again.notes == []


def test_follows_rotation_and_hands_on_an_unterminated_last_line(start, log):
    running = start(settings(log))
    append(log, *LINES[:3])
    running.until_lines(3)
    with log.open("ab") as file:
        file.write(LINES[3])
    rotate(log, "00.000")
    append(log, *LINES[4:6])
    assert running.until_lines(6) == LINES[:6]


def test_reads_what_the_writer_adds_after_the_rename(start, log):
    running = start(settings(log))
    with log.open("ab", buffering=0) as file:
        file.write(LINES[0] + b"\n")
        running.until_lines(1)
        rotate(log, "00.000")
        file.write(LINES[1] + b"\n")
        running.until_lines(2)
    append(log, LINES[2])
    assert running.until_lines(3) == LINES[:3]


def test_copytruncate_reads_the_rest_from_the_copy(start, log):
    append(log, *LINES[:5])
    running = start(settings(log, batch_lines=2))
    running.until_lines(5)
    running.stop()
    shutil.copy(log, log.with_name("audit.log.1"))
    os.truncate(log, 0)
    append(log, *LINES[5:9])
    again = start(settings(log), running.batches[0].checkpoint)
    assert again.until_lines(7) == LINES[2:9]


def test_truncation_in_place_starts_over_and_says_so(start, log):
    append(log, *LINES[:5])
    running = start(settings(log))
    running.until_lines(5)
    os.truncate(log, 0)
    append(log, LINES[7])
    assert running.until_lines(6)[5:] == [LINES[7]]
    assert any("truncated" in note for note in running.notes)


def test_a_reused_inode_is_not_mistaken_for_the_old_file(start, log):
    append(log, *LINES[:3])
    running = start(settings(log))
    running.until_lines(3)
    checkpoint = running.stop()
    log.write_bytes(b"".join(line + b"\n" for line in LINES[10:20]))
    again = start(settings(log), checkpoint)
    assert again.until_lines(10) == LINES[10:20]


def test_deleted_and_created_again(start, log):
    append(log, *LINES[:3])
    running = start(settings(log))
    running.until_lines(3)
    log.unlink()
    append(log, *LINES[3:5])
    assert running.until_lines(5) == LINES[:5]


def test_twins_are_read_once(start, log):
    append(log, *LINES[:5])
    running = start(settings(log))
    running.until_lines(5)
    rotated = rotate(log, "00.000")
    rotated.with_name(rotated.name + ".gz").write_bytes(gzip.compress(rotated.read_bytes()))
    shutil.copy(rotated, log.with_name("audit-2026-01-01T00-00-01.000.log"))
    append(log, *LINES[5:7])
    assert running.until_lines(7) == LINES[:7]
    assert start(settings(log), running.stop()).until_lines(0) == []


def test_start_end_skips_what_is_there_and_a_restart_keeps_the_place(start, log):
    append(log, *LINES[:5])
    running = start(settings(log, start="end"))
    running.until(lambda: bool(running.batches))
    checkpoint = running.stop()
    append(log, *LINES[5:7])
    again = start(settings(log, start="end"), checkpoint)
    assert again.until_lines(2) == LINES[5:7]


@pytest.mark.parametrize(
    "checkpoint",
    [
        {"version": 9, "logs": {}},
        {"some": "thing"},
        {"version": 1, "logs": {"x": 7}},
        {"version": 1, "logs": []},
    ],
)
def test_a_foreign_checkpoint_is_noted_and_set_aside(start, log, checkpoint):
    append(log, *LINES[:2])
    running = start(settings(log), checkpoint)
    assert running.until_lines(2) == LINES[:2]
    assert "checkpoint cannot be used" in running.notes[0]


def test_an_oversized_line_becomes_a_reject_and_the_next_line_is_read(start, log):
    append(log, LINES[0], b"y" * 5000, LINES[1])
    running = start(settings(log, max_line_bytes=2000))
    assert running.until_lines(2) == LINES[:2]
    reject = next(reject for batch in running.batches for reject in batch.rejects)
    assert (reject.size, reject.offset, len(reject.sample)) == (5000, len(LINES[0]) + 1, 5000)


def test_a_run_of_nul_bytes_goes_on_as_a_line(start, log):
    append(log, LINES[0], b"\0" * 100, LINES[1])
    assert start(settings(log)).until_lines(3) == [LINES[0], b"\0" * 100, LINES[1]]


def test_a_folder_is_read_log_by_log_in_order_of_age(start, tmp_path):
    log = tmp_path / "audit.log"
    for turn in range(3):
        append(log, *LINES[turn * 2 : turn * 2 + 2])
        rotate(log, f"0{turn}.000", pack=turn != 1)
    append(log, *LINES[6:8])
    running = start(settings(tmp_path))
    assert running.until_lines(8) == LINES[:8]
    append(tmp_path / "other.log", LINES[50])
    assert running.until_lines(9)[8] == LINES[50]


def test_a_glob_finds_logs_that_appear_later(start, tmp_path):
    running = start(settings(tmp_path / "*" / "audit.log"))
    for name, line in zip("ab", LINES, strict=False):
        (tmp_path / name).mkdir()
        append(tmp_path / name / "audit.log", line)
    assert sorted(running.until_lines(2)) == LINES[:2]


def test_follows_a_symbolic_link_to_rotating_files(start, tmp_path):
    target = tmp_path / "pods" / "0.log"
    target.parent.mkdir()
    append(target, LINES[0])
    link = tmp_path / "containers.log"
    link.symlink_to(target)
    running = start(settings(link))
    running.until_lines(1)
    target.rename(target.with_name("0.log.20260101-000000"))
    append(target, LINES[1])
    assert running.until_lines(2) == LINES[:2]


WRITER = """
import gzip, os, sys, time
from pathlib import Path
live, count = Path(sys.argv[1]), int(sys.argv[2])
file = live.open("ab", buffering=0)
for number in range(count):
    file.write(b"%06d %s\\n" % (number, b"x" * (number % 700)))
    if number % 1500 == 1499:
        file.close()
        rotated = live.with_name(f"audit-2026-01-01T00-00-00.{number:06}.log")
        live.rename(rotated)
        file = live.open("ab", buffering=0)
        if number % 4500 == 4499:
            packed = rotated.with_name(rotated.name + ".gz")
            packed.write_bytes(gzip.compress(rotated.read_bytes()))
            rotated.unlink()
"""


def test_nothing_is_lost_or_doubled_while_a_process_writes_and_rotates_and_the_source_restarts(start, log):
    log.touch()
    count = 30_000
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(log), str(count)])
    got: list[bytes] = []
    checkpoint = None
    while len(got) < count:
        running = start(settings(log), checkpoint)
        wanted = min(count, len(got) + 4000)
        running.until_lines(wanted - len(got))
        checkpoint = running.stop()
        got += running.lines
        assert not [note for note in running.notes if "gone" in note]
    assert writer.wait(60) == 0
    assert [int(line[:6]) for line in got] == list(range(count))


def test_a_folder_that_vanishes_is_forgotten_and_found_again(start, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    append(folder / "a.log", LINES[0])
    running = start(settings(folder))
    running.until_lines(1)
    shutil.rmtree(folder)
    running.until(lambda: str(folder / "a.log") not in running.source._logs)
    folder.mkdir()
    append(folder / "a.log", LINES[1])
    assert running.until_lines(2) == LINES[:2]
    assert list(running.stop()["logs"]) == [str(folder / "a.log")]


def test_places_of_logs_in_a_missing_folder_are_kept(start, tmp_path):
    away, here = tmp_path / "1" / "a.log", tmp_path / "2" / "a.log"
    for log in (away, here):
        log.parent.mkdir()
        append(log, LINES[0])
    running = start(settings(tmp_path / "*" / "a.log"))
    running.until_lines(2)
    checkpoint = running.stop()
    away.parent.rename(tmp_path / "unmounted")
    append(here, LINES[1])
    again = start(settings(tmp_path / "?" / "a.log"), checkpoint)
    again.until_lines(1)
    assert set(again.stop()["logs"]) == {str(away), str(here)}


def test_backlog_counts_what_is_unread(start, log):
    append(log, *LINES[:5])
    running = start(settings(log, batch_lines=2))
    running.until_lines(5)
    begins = [batch.offsets[0] for batch in running.batches] + [log.stat().st_size]
    assert [batch.backlog_bytes for batch in running.batches] == [begins[-1] - begin for begin in begins[1:]]


def test_too_many_logs_are_bounded_and_said(start, tmp_path, monkeypatch):
    monkeypatch.setattr("lanner.sources.file.MAX_LOGS", 2)
    for name in "abc":
        append(tmp_path / f"{name}.log", name.encode())
    running = start(settings(tmp_path))
    running.until_lines(2)
    assert "only the first 2" in running.notes[0]
    assert len(running.notes) == 1


def test_an_unreadable_glob_is_said_once(start, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("lanner.sources.file.discover", refuse)
    running = start(settings(tmp_path))
    running.until(lambda: bool(running.notes))
    running.stop()
    assert running.notes == [f"cannot look for logs in {tmp_path}: Permission denied; trying again"]


def test_a_link_that_is_turned_to_another_file_is_followed(start, tmp_path):
    """As kubelet does when a container is started again."""
    link = tmp_path / "containers.log"
    append(tmp_path / "0.log", LINES[0])
    link.symlink_to(tmp_path / "0.log")
    running = start(settings(link))
    running.until_lines(1)
    append(tmp_path / "1.log", LINES[1])
    (tmp_path / "new").symlink_to(tmp_path / "1.log")
    (tmp_path / "new").rename(link)
    assert running.until_lines(2) == LINES[:2]


def test_reads_on_in_a_deleted_file_while_its_writer_goes_on(start, log):
    """kube-apiserver keeps its file open, so deleting the log does not stop the writing, nor the reading."""
    running = start(settings(log))
    with log.open("ab", buffering=0) as file:
        file.write(LINES[0] + b"\n")
        running.until_lines(1)
        log.unlink()
        file.write(LINES[1] + b"\n")
        running.until_lines(2)
    append(log, LINES[2])
    assert running.until_lines(3) == LINES[:3]
