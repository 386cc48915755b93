"""The spool gives every whole record once and in order, whatever happened to its writer."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.batch import Reject
from lanner.errors import GroundError
from lanner.state import spool
from lanner.state.spool import Record, SpoolReader, SpoolWriter, retire, scan, segments, trim


def record(sequence: int, *lines: bytes) -> Record:
    return Record(
        sequence=sequence,
        source="file:/a.log",
        origin="/a.log",
        received=1.5,
        checkpoint={"offset": sequence},
        offsets=[7] * len(lines),
        lines=list(lines),
        rejects=[Reject(source="s", origin="o", offset=1, reason="r", size=2, sample=b"\xff\x00")],
    )


def write(folder: Path, count: int, *, first: int = 1, segment_bytes: int = spool.SEGMENT_BYTES) -> None:
    writer = SpoolWriter(folder, next_sequence=first, segment_bytes=segment_bytes)
    for number in range(first, first + count):
        writer.append([record(number, b"line %d" % number)])
    writer.close()


def numbers(folder: Path, after: int = 0) -> list[int]:
    return [found.sequence for found in SpoolReader(folder, after=after).read()]


def test_a_record_comes_back_as_it_was_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "spool"
    written = record(1, b"x\x00\xff", b"")
    writer = SpoolWriter(folder)
    writer.append([written])
    writer.close()
    assert SpoolReader(folder, after=0).read() == [written]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert segments(folder)[0].stat().st_mode & 0o777 == 0o600


GROUPS = st.lists(st.lists(st.binary(max_size=60), min_size=1, max_size=3), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, cut=st.integers(0, 400), chunk=st.integers(1, 300), more=st.integers(0, 3))
def test_a_writer_killed_at_any_byte_leaves_each_whole_record_once_and_the_next_writer_goes_on(
    groups, cut, chunk, more
):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = SpoolWriter(folder, segment_bytes=250)
        reader = SpoolReader(folder, after=0)
        written: list[Record] = []
        found: list[Record] = []
        for group in groups:
            records = [record(writer.next_sequence + index, line) for index, line in enumerate(group)]
            writer.append(records)
            written += records
            found += reader.read(chunk)
        writer.close()
        last = segments(folder)[-1]
        whole = [end for end, _ in scan(last)]
        keep = max(0, last.stat().st_size - cut)
        os.truncate(last, keep)
        lost = sum(end > keep for end in whole)
        kept = written[: len(written) - lost]
        assert SpoolReader(folder, after=0).read() == kept

        # What a reader took before the cut was there; a writer that goes on is told the number to go on with.
        successor = SpoolWriter(folder, next_sequence=len(kept) + 1, segment_bytes=250)
        assert successor.next_sequence == len(kept) + 1
        for _ in range(more):
            kept.append(record(successor.next_sequence, b"again"))
            successor.append([kept[-1]])
        successor.close()
        late = SpoolReader(folder, after=0)
        again = [one for _ in range(len(kept) + 5) for one in late.read(chunk)]
        assert again == kept
        assert late.damaged == []
        assert found == written[: len(found)]


def test_a_reader_that_waits_at_a_half_record_takes_it_when_it_is_whole_even_if_the_next_segment_has_begun(tmp_path):
    write(tmp_path, 2)
    first = segments(tmp_path)[0]
    whole = first.read_bytes()
    first.write_bytes(whole[:-5])
    reader = SpoolReader(tmp_path, after=0)
    assert [one.sequence for one in reader.read()] == [1]
    first.write_bytes(whole)
    write(tmp_path, 1, first=3)
    assert [one.sequence for one in reader.read()] == [2, 3]
    assert reader.damaged == []


def test_a_record_completed_between_the_look_at_it_and_the_look_for_the_next_segment_is_not_skipped(
    tmp_path, monkeypatch
):
    write(tmp_path, 2)
    first = segments(tmp_path)[0]
    whole = first.read_bytes()
    first.write_bytes(whole[:-5])
    reader = SpoolReader(tmp_path, after=0)
    look = reader._following

    def overtaken(segment: Path) -> Path | None:
        if len(segments(tmp_path)) == 1:
            first.write_bytes(whole)
            write(tmp_path, 1, first=3)
        return look(segment)

    monkeypatch.setattr(reader, "_following", overtaken)
    assert [one.sequence for one in reader.read()] == [1, 2, 3]


@pytest.mark.parametrize("place", ["magic", "length", "payload"])
def test_damage_inside_a_finished_segment_is_told_and_the_next_segment_is_read(tmp_path, place):
    write(tmp_path, 3)
    write(tmp_path, 2, first=4)
    first = segments(tmp_path)[0]
    ends = [0, *(end for end, _ in scan(first))]
    data = bytearray(first.read_bytes())
    data[ends[1] + {"magic": 0, "length": 7, "payload": 25}[place]] ^= 0xFF
    first.write_bytes(data)
    reader = SpoolReader(tmp_path, after=0)
    assert [one.sequence for one in reader.read()] == [1, 4, 5]
    assert len(reader.damaged) == 1
    assert f"byte {ends[1]}" in reader.damaged[0]


def test_a_record_of_an_unknown_form_counts_as_damage(tmp_path, monkeypatch):
    def pack(_: object, buffer: bytearray) -> None:
        buffer[:] = spool._HEADER.pack(b"LSP1", 1, spool.zlib.crc32(b"\x01"), 1) + b"\x01"

    monkeypatch.setattr(spool, "_pack", pack)
    write(tmp_path, 1)
    monkeypatch.undo()
    write(tmp_path, 1, first=2)
    assert numbers(tmp_path) == [2]


def test_records_of_any_sizes_in_one_append_do_not_mix(tmp_path):
    writer = SpoolWriter(tmp_path)
    sizes = [1, 3_000_000, 0, 70_000, 5]
    writer.append([record(number, b"%d" % number * size) for number, size in enumerate(sizes, 1)])
    writer.close()
    found = SpoolReader(tmp_path, after=0).read()
    assert [one.lines for one in found] == [[b"%d" % number * size] for number, size in enumerate(sizes, 1)]


def test_what_recovery_cuts_off_is_kept_when_it_is_no_torn_tail(tmp_path):
    write(tmp_path, 3)
    only = segments(tmp_path)[0]
    second = next(end for end, _ in scan(only))
    data = bytearray(only.read_bytes())
    data[second + 30] ^= 0xFF
    only.write_bytes(data)
    writer = SpoolWriter(tmp_path, next_sequence=4)
    assert only.with_suffix(".damaged").read_bytes() == data
    assert "checksum differs" in writer.damaged[0]
    assert numbers(tmp_path) == [1]
    assert writer.next_sequence == 4


def test_an_empty_last_segment_goes_and_its_number_is_given_again(tmp_path):
    write(tmp_path, 2)
    (tmp_path / f"{3:020d}.seg").touch()
    assert SpoolWriter(tmp_path).next_sequence == 3
    assert len(segments(tmp_path)) == 1


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 12), upto=st.integers(0, 14), segment_bytes=st.integers(1, 600))
def test_trim_never_removes_a_record_above_the_number_nor_the_newest_segment(count, upto, segment_bytes):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, count, segment_bytes=segment_bytes)
        before = segments(folder)
        removed = trim(folder, upto)
        assert segments(folder) == before[removed:]
        assert before[-1].exists()
        assert numbers(folder, after=upto) == list(range(min(upto, count) + 1, count + 1))


STEPS = st.lists(st.sampled_from(["write", "read", "archive", "anew", "trim", "restart", "retire"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, segment_bytes=st.sampled_from([1, 400, spool.SEGMENT_BYTES]))
def test_whenever_segments_are_begun_anew_each_record_is_read_once_and_what_is_archived_can_go(steps, segment_bytes):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = SpoolWriter(folder, segment_bytes=segment_bytes)
        reader, found, written, archived = SpoolReader(folder, after=0), [], 0, 0
        for step in [*steps, "write", "read", "archive", "anew", "trim"]:
            if step == "write":
                written += 1
                assert writer.next_sequence == written
                writer.append([record(written, b"line %d" % written)])
            elif step == "read":
                found += [one.sequence for one in reader.read()]
            elif step == "archive":
                archived = len(found)
            elif step == "anew":
                writer.begin_anew(archived)
            elif step == "trim":
                trim(folder, archived)
            else:
                writer.close()
                if step == "retire":
                    retire(folder, archived)
                writer = SpoolWriter(folder, next_sequence=written + 1, segment_bytes=segment_bytes)
        writer.close()
        assert found == list(range(1, written + 1))
        assert spool.spool_bytes(folder) == 0


def test_a_torn_newest_segment_is_not_retired(tmp_path):
    write(tmp_path, 2)
    (last,) = segments(tmp_path)
    with last.open("ab") as file:
        file.write(b"LSP1")
    retire(tmp_path, 2)
    assert segments(tmp_path) == [last]


def test_a_segment_is_not_begun_anew_while_records_are_written(tmp_path):
    writer = SpoolWriter(tmp_path)
    writer.append([record(1)])
    with writer._turn:
        writer.begin_anew(1)
    assert len(segments(tmp_path)) == 1
    writer.close()


def test_a_reader_goes_on_behind_segments_that_were_trimmed_under_it(tmp_path):
    write(tmp_path, 6, segment_bytes=1)
    reader = SpoolReader(tmp_path, after=0)
    assert [one.sequence for one in reader.read(1)] == [1]
    trim(tmp_path, 4)
    assert [one.sequence for one in reader.read()] == [5, 6]
    assert reader.damaged == []


def test_a_reader_stops_at_the_number_it_is_given_and_goes_on_later(tmp_path):
    write(tmp_path, 5, segment_bytes=200)
    reader = SpoolReader(tmp_path, after=1)
    assert [one.sequence for one in reader.read(upto=3)] == [2, 3]
    assert reader.read(upto=3) == []
    assert [one.sequence for one in reader.read()] == [4, 5]


def test_a_full_disk_leaves_no_half_record_and_writing_goes_on_when_there_is_room(tmp_path):
    """RLIMIT_FSIZE makes write() stop in the middle of a record, as a full disk does."""
    script = f"""
import resource
from pathlib import Path
from lanner.errors import GroundError
from lanner.state.spool import Record, SpoolWriter
def record(sequence, size):
    line = b"x" * size
    return Record(sequence=sequence, source="", origin="", received=0.0, checkpoint={{}}, offsets=[0], lines=[line])
writer = SpoolWriter(Path({str(tmp_path)!r}))
writer.append([record(1, 10)])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))
try:
    writer.append([record(2, 10), record(3, 5000)])
    raise SystemExit("no error")
except GroundError as error:
    print(error)
assert writer.next_sequence == 2
resource.setrlimit(resource.RLIMIT_FSIZE, ({resource.RLIM_INFINITY}, {resource.RLIM_INFINITY}))
writer.append([record(2, 20), record(3, 5000)])
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "cannot write to the spool" in ran.stdout
    assert [(one.sequence, len(one.lines[0])) for one in SpoolReader(tmp_path, after=0).read()] == [
        (1, 10),
        (2, 20),
        (3, 5000),
    ]


def test_after_a_failure_that_cannot_be_cut_off_the_next_append_begins_a_new_segment(tmp_path, monkeypatch):
    writer = SpoolWriter(tmp_path)
    writer.append([record(1, b"a")])
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return real(descriptor, bytes(data)[: len(data) - 10])

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "write", half)
    monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(GroundError):
        writer.append([record(2, b"b")])
    monkeypatch.undo()
    writer.append([record(2, b"c")])
    writer.close()
    assert [one.lines for one in SpoolReader(tmp_path, after=0).read()] == [[b"a"], [b"c"]]


def test_the_folder_must_be_usable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GroundError, match="cannot be used"):
        SpoolWriter(tmp_path / "file")


def test_a_segment_that_cannot_be_read_is_an_error_with_the_folder_in_it(tmp_path):
    (tmp_path / f"{1:020d}.seg").mkdir()
    with pytest.raises(GroundError, match="cannot read the spool"):
        SpoolReader(tmp_path, after=0).read()


def test_no_descriptor_is_left_open(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    write(tmp_path, 20, segment_bytes=1)
    assert len(numbers(tmp_path)) == 20
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_size_on_disk_is_that_of_all_segments(tmp_path):
    write(tmp_path, 3, segment_bytes=1)
    assert spool.spool_bytes(tmp_path) == sum(one.stat().st_size for one in segments(tmp_path))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
