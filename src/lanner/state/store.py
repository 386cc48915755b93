"""The state database: checkpoints, alerts with their deliveries, quarantine, and the status of each process."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from lanner.audit.batch import Checkpoint, Reject
from lanner.detect.alert import PRIORITIES, Alert, decode_alert, encode_alert
from lanner.errors import GroundError
from lanner.state.kept import Commit, Delivery, IncidentRow, NewAlert, Quarantined, StoredAlert
from lanner.state.rows import insert
from lanner.state.schema import connect

UNDELIVERED_FACTOR = 5
MOST_MERGES = 100
MOST_ALERTS_AGAIN = 50_000
KEPT_INCIDENTS = 20_000
PRUNE_SLICE = 5000
MAX_EVENT_BYTES = 64 * 1024 * 1024
# What a quarantined piece takes besides its sample, about.
_ROW_BYTES = 200


class Store:
    """One connection to the state database; safe to share between threads of a process."""

    def __init__(self, path: Path, *, read_only: bool = False, check: bool = False) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection = connect(path, read_only=read_only, check=check)
        self._inode = path.stat().st_ino
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._decompressor = zstandard.ZstdDecompressor()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def replaced(self) -> bool:
        """Say whether another database has taken this one's place, because it was damaged."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return False

    def sync(self) -> None:
        """Wait until the disk has all that was committed; raises GroundError."""
        try:
            for path in (self._path.with_name(f"{self._path.name}-wal"), self._path):
                if path.exists():
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
        except OSError as error:
            raise GroundError(f"cannot write the state database {self._path}: {error.strerror}") from error

    # -- ingest ----------------------------------------------------------------------------------------------------

    def sequence(self) -> int | None:
        """Return the number of the last batch whose alerts and checkpoint are in here, None in a new database."""
        row = self._one("select sequence from progress")
        return None if row is None else int(row[0])

    def checkpoints(self) -> tuple[dict[str, Checkpoint], list[str]]:
        """Return each source's checkpoint, and the sources whose checkpoint is damaged."""
        found: dict[str, Checkpoint] = {}
        damaged: list[str] = []
        for source, position in self._all("select source, position from checkpoint"):
            try:
                found[source] = msgspec.json.decode(position, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError):
                damaged.append(source)
        return found, damaged

    def commit(self, commit: Commit) -> int:
        """Store a commit in one transaction and return the number of the newest alert.

        Raises GroundError when the disk refuses; then nothing of the commit is stored.
        """
        return self._together(lambda: self._write(commit))

    def _together(self, write: Callable[[], int]) -> int:
        """Write in one transaction: all of it or nothing; raises GroundError."""
        with self._lock:
            try:
                self._connection.execute("begin immediate")
                written = write()
                self._connection.execute("commit")
            except sqlite3.Error as error:
                self._roll_back()
                raise GroundError(f"cannot write the state database {self._path}: {error}") from error
            except BaseException:
                self._roll_back()
                raise
        return written

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def _write(self, commit: Commit) -> int:
        run = self._connection.execute
        last = int(run("select coalesce(max(seq), 0) from sqlite_sequence where name = 'alert'").fetchone()[0])
        self._insert_alerts(commit, last + 1)
        last += len(commit.alerts)
        for source, position in commit.checkpoints.items():
            run(
                "insert or replace into checkpoint values (?, ?, ?)",
                (source, msgspec.json.encode(position).decode(), commit.sequence),
            )
        run("insert or replace into progress values (1, ?)", (commit.sequence,))
        for output in commit.delivered:
            self._advance(output, last, len(commit.alerts))
        now = time.time()
        for reject in commit.rejects:
            self._insert_reject(now, reject)
        self._connection.executemany(
            "insert or ignore into seen values (?, ?)", ((digest, now) for digest in commit.digests)
        )
        self._connection.executemany("insert or replace into hit values (?, ?)", commit.hits)
        self._connection.executemany(
            "insert or replace into incident values (?, ?, ?, ?, ?, ?)",
            (msgspec.structs.astuple(row) for row in commit.incidents),
        )
        if commit.memory is not None:
            run("insert or replace into memory values (1, ?, ?)", commit.memory)
            run("delete from hit where sequence <= ?", (commit.memory[0],))
        return last

    def memory(self) -> tuple[bytes | None, list[bytes], list[Alert]]:
        """Return what was remembered when it was last kept, and the hits and alerts that came since, in order."""
        row = self._one("select sequence, body from memory")
        after, body = (row[0], row[1]) if row else (-1, None)
        hits = self._all("select body from hit where sequence > ? order by sequence", (after,))
        # Numbers and sequences rise together, and only numbers have an index.
        alerts = self._all(
            "select body from alert where id > coalesce("
            "(select id from alert where sequence <= ? order by id desc limit 1), 0) order by id desc limit ?",
            (after, MOST_ALERTS_AGAIN),
        )
        return body, [row[0] for row in hits], [decode_alert(row[0]) for row in reversed(alerts)]

    def remembers(self) -> bool:
        """Say whether anything that was to be remembered was kept."""
        return self._one("select 1 from memory") is not None

    def keep_memory(self, body: bytes) -> None:
        """Put what is to be remembered in the place of what was, as of the last record; raises GroundError."""
        self._together(lambda: self._write_memory(body))

    def _write_memory(self, body: bytes) -> int:
        run = self._connection.execute
        run(
            "insert or replace into memory select 1, coalesce((select sequence from progress), 0), ?",
            (body,),
        )
        return run("delete from hit where sequence <= (select sequence from memory)").rowcount

    def incidents(self, *, since: str = "", limit: int = 10_000) -> list[IncidentRow]:
        """Return incidents touched since a time, the last touched first; those that went into another are left out."""
        rows = self._all(
            "select id, updated, score, into_, body, links from incident where updated >= ? and into_ = '' "
            "order by updated desc limit ?",
            (since, limit),
        )
        return [IncidentRow(*row) for row in rows]

    def worst_incidents(self, *, since: str = "", offset: int = 0, limit: int = 100) -> list[IncidentRow]:
        """Return incidents touched since a time, those of the highest score first, then those touched last."""
        rows = self._all(
            "select id, updated, score, into_, body, links from incident where into_ = '' and updated >= ? "
            "order by score desc, updated desc limit ? offset ?",
            (since, limit, offset),
        )
        return [IncidentRow(*row) for row in rows]

    def incident_alerts(self, number: str, *, after: int = 0, limit: int = 100) -> list[StoredAlert]:
        """Return the alerts of an incident and of those that went into it, the oldest first; `after` is exclusive."""
        rows = self._all(
            "with recursive part (id) as (values (?) union select incident.id from incident "
            "join part on incident.into_ = part.id where incident.into_ != '') "
            "select alert.id, alert.body from alert join incident_alert on alert.id = alert_id "
            "where incident in (select id from part) and alert_id > ? order by alert_id limit ?",
            (number, after, limit),
        )
        return [StoredAlert(each, decode_alert(body)) for each, body in rows]

    def incident(self, number: str) -> IncidentRow | None:
        """Return an incident, or the one that it went into; None where there is none."""
        for _ in range(MOST_MERGES):
            row = self._one("select id, updated, score, into_, body, links from incident where id = ?", (number,))
            if row is None:
                return None
            found = IncidentRow(*row)
            if not found.into:
                return found
            number = found.into
        return None

    def _insert_alerts(self, commit: Commit, first: int) -> None:
        """Give the alerts numbers from `first` on; only this process gives any, and it holds the database now."""
        numbered = list(enumerate(commit.alerts, first))
        events = self._packed([new.event for new in commit.alerts])
        into = "insert into alert (id, sequence, time, rule, priority, throttled, body, event)"
        insert(self._connection, into, [_row(number, commit.sequence, new, events) for number, new in numbered])
        incidents = ((new.alert.lanner.incident, number) for number, new in numbered)
        insert(self._connection, "insert into incident_alert", [row for row in incidents if row[0]])
        # A hunt's match that became an alert waits no longer.
        told = [{"alert": number, "match": new.match} for number, new in numbered if new.match]
        many = self._connection.executemany
        many("insert into hunt_alert select hunt, :alert from hunted where id = :match", told)
        many("update hunted set alert = null where id = :match", told)

    def _packed(self, events: Sequence[bytes]) -> dict[bytes, bytes]:
        """Compress events; those of one commit together, each once."""
        each: list[bytes | bytearray | memoryview[int]] = list(dict.fromkeys(events))
        if not any(each):
            return {event: self._compressor.compress(event) for event in events}
        packed = self._compressor.multi_compress_to_buffer(each)
        return {bytes(event): packed[place].tobytes() for place, event in enumerate(each)}

    def _insert_reject(self, seen: float, reject: Reject) -> None:
        self._connection.execute(
            "insert into quarantine (seen, source, origin, offset, reason, size, sample) values (?, ?, ?, ?, ?, ?, ?)",
            (
                seen,
                reject.source,
                reject.origin,
                reject.offset,
                reject.reason,
                reject.size,
                self._compressor.compress(reject.sample),
            ),
        )

    def seen(self, digests: Iterable[bytes]) -> set[bytes]:
        """Return those digests that a commit has already stored."""
        return {digest for digest in digests if self._one("select 1 from seen where digest = ?", (digest,))}

    # -- hunts -----------------------------------------------------------------------------------------------------

    def add_hunted(self, hunt: str, found: Sequence[tuple[bytes, bytes]], *, now: float) -> int:
        """Remember matches of a hunt, as identity and encoded alert; returns how many are new and wait for ingest."""
        return self._together(lambda: self._write_hunted(hunt, found, now))

    def _write_hunted(self, hunt: str, found: Sequence[tuple[bytes, bytes]], now: float) -> int:
        many = self._connection.executemany
        added = many(
            "insert or ignore into hunted (hunt, identity, seen, alert) values (?, ?, ?, ?)",
            ((hunt, identity, now, alert) for identity, alert in found),
        ).rowcount
        many(
            "update hunted set seen = ? where hunt = ? and identity = ?",
            ((now, hunt, identity) for identity, _ in found),
        )
        return max(added, 0)

    def hunted(self, *, after: int = 0, limit: int = 100) -> list[StoredAlert]:
        """Return the oldest matches of hunts that are not among the alerts yet, with their numbers as matches."""
        rows = self._all(
            "select id, alert from hunted where alert is not null and id > ? order by id limit ?", (after, limit)
        )
        return [StoredAlert(number, decode_alert(body)) for number, body in rows]

    def forget_hunted(self, hunt: str, *, before: float) -> None:
        """Forget matches that a hunt has not seen since, unless their alert still waits."""
        self._run("delete from hunted where hunt = ? and seen < ? and alert is null", (hunt, before))

    def keep_hunts(self, hunts: Sequence[str]) -> None:
        """Forget what is remembered of hunts that are no longer configured; their alerts stay."""
        for (gone,) in self._all("select distinct hunt from hunted"):
            if gone not in hunts:
                self._run("delete from hunted where hunt = ?", (gone,))

    def hunt_counts(self) -> dict[str, int]:
        """Return how many alerts of each hunt are stored."""
        return dict(self._all("select hunt, count(*) from hunt_alert group by 1"))

    # -- deliveries ------------------------------------------------------------------------------------------------

    def register_output(self, output: str) -> None:
        """Make an output known; a new one starts with alerts that come after now."""
        self._run(
            "insert or ignore into delivery (output, alert_id) "
            "select ?, coalesce((select max(seq) from sqlite_sequence where name = 'alert'), 0)",
            (output,),
        )

    def keep_outputs(self, outputs: Sequence[str]) -> list[str]:
        """Forget outputs that are no longer configured, since alerts would be kept for them; return their names."""
        gone = [delivery.output for delivery in self.deliveries() if delivery.output not in outputs]
        for output in gone:
            self._run("delete from delivery where output = ?", (output,))
        return gone

    def pending(self, output: str, limit: int = 100) -> list[StoredAlert]:
        """Return the oldest alerts that an output has not been given."""
        rows = self._all(
            "select id, body from alert where id > (select alert_id from delivery where output = ?) "
            "and not throttled order by id limit ?",
            (output, limit),
        )
        return [StoredAlert(number, decode_alert(body)) for number, body in rows]

    def delivered(self, output: str, alert_id: int, count: int) -> None:
        """Note that an output has been given `count` alerts, up to and including `alert_id`."""
        with self._lock:
            self._guard(lambda: self._advance(output, alert_id, count))

    def _advance(self, output: str, alert_id: int, count: int) -> None:
        self._connection.execute(
            "update delivery set alert_id = max(alert_id, ?), sent = sent + ?, error = '' where output = ?",
            (alert_id, count, output),
        )

    def refused(self, output: str, alert_id: int, error: str) -> None:
        """Note that an output will never take this alert; it stays listed and the output goes on after it."""
        self._run("insert or replace into refused values (?, ?, ?)", (output, alert_id, error))
        self._run(
            "update delivery set alert_id = max(alert_id, ?), refused = refused + 1, error = ? where output = ?",
            (alert_id, error, output),
        )

    def delivery_failed(self, output: str, error: str) -> None:
        """Keep the newest reason why an output cannot be given anything now."""
        self._run("update delivery set error = ? where output = ?", (error, output))

    def deliveries(self) -> list[Delivery]:
        rows = self._all("select output, alert_id, sent, refused, error from delivery order by output")
        return [Delivery(*row) for row in rows]

    # -- reading ---------------------------------------------------------------------------------------------------

    def alerts(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
        least: str = "Debug",
        rule: str = "",
        hunt: str = "",
    ) -> list[StoredAlert]:
        """Return alerts newest first; `after`/`before` are exclusive numbers, `least` the lowest priority wanted."""
        found = "(select alert_id as id from hunt_alert where hunt = ?) join alert using (id)" if hunt else "alert"
        upto = 1 << 62 if before is None else before
        rows = self._all(
            f"select id, body from {found} where id > ? and id < ? and priority <= ? and (? = '' or rule = ?) "  # noqa: S608 - our own words
            "order by id desc limit ?",
            (*([hunt] if hunt else []), after, upto, PRIORITIES.index(least), rule, rule, limit),
        )
        return [StoredAlert(number, decode_alert(body)) for number, body in rows]

    def alert_event(self, number: int) -> bytes | None:
        """Return the event line behind an alert, None when there is no such alert."""
        row = self._one("select event from alert where id = ?", (number,))
        if row is None or row[0] is None:
            return None
        return self._decompressor.decompress(row[0], max_output_size=MAX_EVENT_BYTES)

    def alert_counts(self) -> list[tuple[str, str, int]]:
        """Return (rule, priority, count) of all stored alerts, most frequent first."""
        rows = self._all("select rule, priority, count(*) from alert group by 1, 2 order by 3 desc, 1")
        return [(rule, PRIORITIES[priority], count) for rule, priority, count in rows]

    def quarantined(self, limit: int = 100) -> list[Quarantined]:
        """Return what was rejected, newest first."""
        columns = Quarantined.__struct_fields__
        rows = self._all(f"select {', '.join(columns)} from quarantine order by id desc limit ?", (limit,))  # noqa: S608 - our own column names
        found = [Quarantined(**dict(zip(columns, row, strict=True))) for row in rows]
        for piece in found:
            piece.sample = self._decompressor.decompress(piece.sample)
        return found

    def quarantine_counts(self) -> dict[str, int]:
        """Return how many pieces are in quarantine, by reason without its position."""
        return dict(
            self._all(
                "select substr(reason, 1, instr(reason || ' (', ' (') - 1), count(*) "
                "from quarantine group by 1 order by 2 desc"
            )
        )

    # -- status and upkeep -----------------------------------------------------------------------------------------

    def set_status(self, part: str, body: dict[str, Any]) -> None:
        """Publish what a process (ingest, archiver, player ...) wants the page and doctor to see."""
        self._run("insert or replace into status values (?, ?, ?)", (part, msgspec.json.encode(body), time.time()))

    def statuses(self) -> dict[str, dict[str, Any]]:
        """Return each process's status, with its age in seconds as `age`."""
        now = time.time()
        rows = self._all("select part, body, updated from status")
        return {part: {**msgspec.json.decode(body), "age": now - updated} for part, body, updated in rows}

    def prune(self, *, alerts: int, outputs: Sequence[str], quarantine_bytes: int, seen_seconds: float) -> int:
        """Bound the tables and return how many alerts went that one of `outputs` had not been given.

        Kept are the newest `alerts`, older ones that an output still waits for up to UNDELIVERED_FACTOR times as many,
        samples up to a size, digests up to an age.
        """
        newest = int(self._one("select coalesce(max(seq), 0) from sqlite_sequence where name = 'alert'")[0])
        waiting = [each.alert_id for each in self.deliveries() if each.output in outputs]
        given = min([newest - alerts, *waiting])
        limit = max(given, newest - alerts * UNDELIVERED_FACTOR)
        lost = int(
            self._one("select count(*) from alert where id > ? and id <= ? and not throttled", (given, limit))[0]
        )
        # In slices: one long transaction would hold up ingest and let the write-ahead log grow by all that goes.
        first = self._one("select min(id) from alert")[0]
        for upto in range(first or limit, limit, PRUNE_SLICE):
            self._run("delete from alert where id < ?", (upto,))
        self._run("delete from alert where id <= ?", (limit,))
        self._run(
            "delete from quarantine where id <= (select max(id) from (select id, sum(length(sample) + ?) "
            "over (order by id desc) as total from quarantine) where total > ?)",
            (_ROW_BYTES, quarantine_bytes),
        )
        self._run("delete from refused where alert_id < coalesce((select min(id) from alert), 0)")
        self._run("delete from incident_alert where alert_id < coalesce((select min(id) from alert), 0)")
        self._run("delete from hunt_alert where alert_id < coalesce((select min(id) from alert), 0)")
        self._run(
            "delete from incident where updated < "
            "(select updated from incident order by updated desc limit 1 offset ?)",
            (KEPT_INCIDENTS,),
        )
        self._run("delete from seen where received < ?", (time.time() - seen_seconds,))
        return lost

    def _run(self, sql: str, values: Sequence[Any] = ()) -> None:
        with self._lock:
            self._guard(lambda: self._connection.execute(sql, values))

    def _guard(self, action: Any) -> None:
        try:
            action()
        except sqlite3.Error as error:
            raise GroundError(f"cannot write the state database {self._path}: {error}") from error

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise GroundError(f"cannot read the state database {self._path}: {error}") from error

    def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        rows = self._all(sql, values)
        return rows[0] if rows else None


def _row(number: int, sequence: int, new: NewAlert, events: Mapping[bytes, bytes]) -> tuple[Any, ...]:
    alert, priority = new.alert, PRIORITIES.index(new.alert.priority)
    body = encode_alert(alert)
    return number, sequence, alert.time, alert.rule, priority, new.throttled, body, events[new.event]
