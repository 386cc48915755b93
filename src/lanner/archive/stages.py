"""Drops the earlier stages of a request once a stage that is kept has arrived; keeps them when none does."""

from __future__ import annotations

import typing
from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec

from lanner.archive.row import Row
from lanner.archive.settings import Hold, Stage
from lanner.errors import GroundError

Key = tuple[str | None, ...]
_MICROSECONDS = 1_000_000
_DEFAULT_HOLD = Hold()
_STAGES = frozenset(typing.get_args(Stage))


class _Dump(msgspec.Struct, frozen=True):
    version: int
    rows: list[Row]


class StageFilter:
    """Holds events of stages that are not kept until a kept one of the same request comes.

    A request is known by source, auditID, user, verb, URI and time of receipt together, because the client chooses
    the auditID. Rows that wait too long, or are too many, are handed out as they are. `dropped` counts by reason,
    `dropped_bytes` the text of what was dropped.
    """

    def __init__(self, keep_stages: Sequence[Stage], hold: Hold = _DEFAULT_HOLD) -> None:
        self.dropped: Counter[str] = Counter()
        self.dropped_bytes: Counter[str] = Counter()
        self._kept: frozenset[str] = frozenset(keep_stages)
        self._hold = hold
        self._held: OrderedDict[Key, list[Row]] = OrderedDict()
        self._events = self._bytes = 0

    def __len__(self) -> int:
        """Say how many rows wait."""
        return self._events

    def clear(self) -> None:
        """Count anew."""
        self.dropped.clear()
        self.dropped_bytes.clear()

    def feed(self, row: Row) -> list[Row]:
        """Take one row; return the rows to write now, in order."""
        stage = row.record.stage
        if stage not in _STAGES:
            return [row]
        key = _key(row)
        if stage in self._kept:
            self._drop(key)
            return [row]
        self._hold_back(key, row)
        return self._overflow()

    def forget(self, row: Row) -> None:
        """Drop what waits for this row of a kept stage, which is not archived itself."""
        if row.record.stage in self._kept:
            self._drop(_key(row))

    def expired(self, now: int) -> list[Row]:
        """Return the rows that have waited too long at `now`, microseconds since 1970 as in `Row.ingested`."""
        limit = now - int(self._hold.seconds * _MICROSECONDS)
        rows: list[Row] = []
        while self._held and next(iter(self._held.values()))[0].ingested <= limit:
            rows += self._release()
        return rows

    def flush(self) -> list[Row]:
        """Return all rows that wait: nothing more will come."""
        rows: list[Row] = []
        while self._held:
            rows += self._release()
        return rows

    def dump(self) -> bytes:
        """Return the waiting rows as bytes for `load`; `dropped` is not part of them."""
        rows = [msgspec.structs.replace(row, parsed=None) for rows in self._held.values() for row in rows]
        return msgspec.msgpack.encode(_Dump(1, rows))

    @classmethod
    def load(cls, data: bytes, keep_stages: Sequence[Stage], hold: Hold = _DEFAULT_HOLD) -> StageFilter:
        """Make a filter that waits with the dumped rows; raises GroundError when `data` is not a dump."""
        try:
            dump = msgspec.msgpack.decode(data, type=_Dump)
        except msgspec.MsgspecError as error:
            raise GroundError(f"the file of events that wait for their request's end is damaged: {error}") from None
        stages = cls(keep_stages, hold)
        for row in dump.rows:
            stages._hold_back(_key(row), row)
        return stages

    def _hold_back(self, key: Key, row: Row) -> None:
        self._held.setdefault(key, []).append(row)
        self._events += 1
        self._bytes += len(row.raw)

    def _drop(self, key: Key) -> None:
        rows = self._held.pop(key, None)
        if rows is None:
            return
        for row in rows:
            self.dropped[f"stage {row.record.stage}"] += 1
            self.dropped_bytes[f"stage {row.record.stage}"] += len(row.raw)
        self._forget(rows)

    def _overflow(self) -> list[Row]:
        rows: list[Row] = []
        while self._events > self._hold.events or self._bytes > self._hold.bytes:
            rows += self._release()
        return rows

    def _release(self) -> list[Row]:
        _, rows = self._held.popitem(last=False)
        self._forget(rows)
        return rows

    def _forget(self, rows: Sequence[Row]) -> None:
        self._events -= len(rows)
        self._bytes -= sum(len(row.raw) for row in rows)


def _key(row: Row) -> Key:
    record = row.record
    user = record.user.username if record.user else None
    received = record.request_received_timestamp
    return (row.source, row.cluster, record.audit_id, user, record.verb, record.request_uri, received)
