"""The spool: append-only segment files between ingest and the archiver; a batch is durable once its record is on disk.

A record is a header (magic, payload length, CRC-32, sequence number; little endian) and a msgpack payload. Segments are
named by the number of their first record. One process writes, others read; the writer cuts off a torn last record.
"""

from __future__ import annotations

import itertools
import math
import os
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.audit.batch import Checkpoint, Reject
from lanner.config.folders import sync_folder
from lanner.errors import GroundError

_HEADER = struct.Struct("<4sIIQ")
_MAGIC = b"LSP1"
SEGMENT_BYTES = 16 * 1024 * 1024
MAX_RECORD_BYTES = 1024 * 1024 * 1024


class Record(msgspec.Struct, kw_only=True, array_like=True):
    """One durable batch: event lines with their places, what was rejected, and where its source goes on.

    `received` is seconds since the epoch; `sequence` rises by one from record to record.
    """

    sequence: int
    source: str
    origin: str
    received: float
    checkpoint: Checkpoint
    offsets: list[int]
    lines: list[bytes]
    rejects: list[Reject] = []


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Record)


def _pack(record: Record, buffer: bytearray) -> None:
    """Put header and payload of a record into a buffer, in place of what it held; never shorter than a header."""
    _ENCODER.encode_into(record, buffer, _HEADER.size)
    with memoryview(buffer) as view, view[_HEADER.size :] as payload:
        _HEADER.pack_into(view, 0, _MAGIC, len(payload), zlib.crc32(payload), record.sequence)


class TornError(Exception):
    """A record is incomplete or damaged at `offset` of its segment."""

    def __init__(self, offset: int, reason: str, *, incomplete: bool = False) -> None:
        self.offset, self.reason, self.incomplete = offset, reason, incomplete
        super().__init__(f"{reason} at byte {offset}")


def segments(folder: Path) -> list[Path]:
    """List the segment files, oldest first."""
    return sorted(folder.glob("*.seg"))


def first_sequence(segment: Path) -> int:
    """Return the number of the first record of a segment, from its name."""
    return int(segment.stem)


def spool_bytes(folder: Path) -> int:
    """Return the bytes that all segments take on disk."""
    total = 0
    for segment in segments(folder):
        try:
            total += segment.stat().st_size
        except FileNotFoundError:
            continue
    return total


def scan(segment: Path, offset: int = 0) -> Iterator[tuple[int, Record]]:
    """Yield (end offset, record) from an offset on; raise TornError where a record is not whole or not valid."""
    with segment.open("rb") as file:
        file.seek(offset)
        while header := file.read(_HEADER.size):
            if len(header) < _HEADER.size:
                raise TornError(offset, "incomplete header", incomplete=True)
            magic, length, checksum, _ = _HEADER.unpack(header)
            if magic != _MAGIC or length > MAX_RECORD_BYTES:
                raise TornError(offset, "no record header")
            payload = file.read(length)
            if len(payload) < length:
                raise TornError(offset, "incomplete record", incomplete=True)
            if zlib.crc32(payload) != checksum:
                raise TornError(offset, "checksum differs")
            try:
                record = _DECODER.decode(payload)
            except msgspec.MsgspecError as error:
                raise TornError(offset, f"unknown form of record ({error})") from error
            offset += _HEADER.size + length
            yield offset, record


class SpoolWriter:
    """Appends records and makes them durable; only one writer may be open (the data folder's lock sees to it)."""

    def __init__(self, folder: Path, *, next_sequence: int = 1, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._descriptor = -1
        self._size = 0
        self._turn = threading.Lock()
        self._buffer = bytearray(_HEADER.size)
        self.damaged: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.next_sequence = max(next_sequence, self._recover())
        except OSError as error:
            raise GroundError(f"the spool folder {folder} cannot be used: {error.strerror}") from error

    def _recover(self) -> int:
        """Cut off a torn tail, remove an empty last segment, and return the number that comes next.

        What is cut off and does not look like a record that was being written is kept beside the segment.
        """
        existing = segments(self._folder)
        if not existing:
            return 1
        last = existing[-1]
        following, end = first_sequence(last), 0
        try:
            for position, record in scan(last):
                following, end = record.sequence + 1, position
        except TornError as torn:
            if not torn.incomplete:
                shutil.copyfile(last, last.with_suffix(".damaged"))
                self.damaged.append(f"{last}: {torn}; the rest is cut off, a copy is in {last.stem}.damaged")
            os.truncate(last, torn.offset)
        if end == 0:
            last.unlink()
        return following

    def append(self, records: Sequence[Record]) -> None:
        """Write records and wait until the disk has them; on failure nothing of them remains.

        Raises GroundError with the system's reason (disk full, no permission).
        """
        with self._turn:
            try:
                if self._descriptor < 0 or self._size >= self._segment_bytes:
                    self._roll(records[0].sequence)
                self._write(records)
            except OSError as error:
                raise GroundError(f"cannot write to the spool {self._folder}: {error.strerror}") from error
            self.next_sequence = records[-1].sequence + 1

    def begin_anew(self, archived: int) -> None:
        """Begin an empty segment when the newest holds records up to a number, so that `trim` may delete it.

        Does nothing while another thread appends. Raises GroundError as `append`.
        """
        if not self._turn.acquire(blocking=False):
            return
        try:
            newest = next(reversed(segments(self._folder)), None)
            if newest is not None and first_sequence(newest) <= archived and newest.stat().st_size:
                self._roll(self.next_sequence)
        except OSError as error:
            raise GroundError(f"cannot write to the spool {self._folder}: {error.strerror}") from error
        finally:
            self._turn.release()

    def _roll(self, sequence: int) -> None:
        self.close()
        self._descriptor = _begin(self._folder, sequence)
        self._size = 0

    def _write(self, records: Sequence[Record]) -> None:
        try:
            size = sum(map(self._write_record, records))
            os.fdatasync(self._descriptor)
        except OSError:
            self._cut()
            raise
        self._size += size

    def _write_record(self, record: Record) -> int:
        """Write one record from the buffer that all of them share, and return its bytes."""
        _pack(record, self._buffer)
        with memoryview(self._buffer) as view:
            written = 0
            while written < len(view):
                with view[written:] as rest:
                    written += os.write(self._descriptor, rest)
        return written

    def _cut(self) -> None:
        """Remove a half record: it must not stay in front of what is written once there is room again."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            # The next append begins a new segment, which tells readers to go past this one's end.
            self.close()
            raise

    def close(self) -> None:
        """Close the active segment; the next append opens a new one."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class SpoolReader:
    """Follows the spool from a sequence number on, across segments, while the writer goes on."""

    def __init__(self, folder: Path, *, after: int) -> None:
        self._folder = folder
        self._after = after
        self._segment: Path | None = None
        self._offset = 0
        self._finished: Path | None = None
        self.damaged: list[str] = []

    def read(self, limit_bytes: int = 32 * 1024 * 1024, *, upto: float = math.inf) -> list[Record]:
        """Return the records that are there and not yet read, at least one when any is, up to about limit_bytes.

        `upto` is the number of the last record wanted. Raises GroundError when the spool cannot be read.
        """
        try:
            return self._read(limit_bytes, upto)
        except OSError as error:
            raise GroundError(f"cannot read the spool {self._folder}: {error.strerror}") from error

    def _read(self, limit_bytes: int, upto: float) -> list[Record]:
        found: list[Record] = []
        room, more = limit_bytes, True
        while more and (segment := self._current()) is not None:
            try:
                room = self._take(segment, found, room, upto)
                more = room > 0 and self._advance(segment)
            except TornError as torn:
                more = self._skip(segment, torn)
            except FileNotFoundError:
                # It was trimmed, so all in it is archived; what comes next is in a later one.
                self._segment = None
        return found

    def _take(self, segment: Path, found: list[Record], room: int, upto: float) -> int:
        """Add records of a segment; returns how many bytes more are wanted, 0 to stop here."""
        for end, record in scan(segment, self._offset):
            if record.sequence > upto:
                return 0
            room -= end - self._offset
            self._offset = end
            if record.sequence > self._after:
                found.append(record)
                self._after = record.sequence
            if room <= 0:
                return 0
        return room

    def _current(self) -> Path | None:
        if self._segment is None:
            self._segment = self._holding(self._after + 1)
            self._offset = 0
        return self._segment

    def _holding(self, sequence: int) -> Path | None:
        """Find the segment that a number is in or, where it is gone, the first one after it."""
        existing = segments(self._folder)
        before = [segment for segment in existing if first_sequence(segment) <= sequence]
        return before[-1] if before else (existing[0] if existing else None)

    def _following(self, segment: Path) -> Path | None:
        later = [other for other in segments(self._folder) if other.name > segment.name]
        return later[0] if later else None

    def _advance(self, segment: Path) -> bool:
        following = self._following(segment)
        if following is None or (segment.exists() and segment.stat().st_size > self._offset):
            return False
        self._segment, self._offset = following, 0
        return True

    def _skip(self, segment: Path, torn: TornError) -> bool:
        """Go past damage inside a finished segment; at the end of the active one just wait for the writer."""
        following = self._following(segment)
        if following is None:
            return False
        if self._finished != segment:
            # The writer may have completed the record after it was looked at; from now on nothing changes here.
            self._finished = segment
            return True
        self.damaged.append(f"{segment}: {torn.reason} at byte {torn.offset}; the rest of this segment is skipped")
        self._segment, self._offset = following, 0
        return True


def _begin(folder: Path, sequence: int) -> int:
    """Make a segment for a record and all after it; returns its descriptor."""
    # A file of this name can hold no more than the rest of a failed first write: its number is not durable yet.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(folder / f"{sequence:020d}.seg", flags, 0o600)
    sync_folder(folder)
    return descriptor


def retire(folder: Path, upto: int) -> None:
    """Begin an empty segment when all of the newest is numbered `upto` or less; only while there is no writer.

    What is torn or damaged is left for the next writer to look at. Raises GroundError when the disk refuses.
    """
    last = 0
    try:
        for segment in segments(folder)[-1:]:
            for _, record in scan(segment):
                last = record.sequence
        if 0 < last <= upto:
            os.close(_begin(folder, last + 1))
    except TornError:
        return
    except OSError as error:
        raise GroundError(f"cannot write to the spool {folder}: {error.strerror}") from error


def finished(folder: Path, upto: int) -> list[Path]:
    """List the segments whose every record is numbered `upto` or less, never the newest."""
    return [one for one, following in itertools.pairwise(segments(folder)) if first_sequence(following) <= upto + 1]


def trim(folder: Path, upto: int) -> int:
    """Delete finished segments and return how many; raises GroundError when the disk refuses."""
    done = finished(folder, upto)
    try:
        for segment in done:
            segment.unlink(missing_ok=True)
    except OSError as error:
        raise GroundError(f"cannot delete archived segments of the spool {folder}: {error.strerror}") from error
    return len(done)
