"""Reads the state database for everybody: one poller, however many pages are open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from lanner.errors import GroundError
from lanner.state.kept import Delivery
from lanner.state.schema import DamagedStateError
from lanner.state.store import Store
from lanner.web.rows import Row, make_rows

POLL_SECONDS = 0.25
COUNT_SECONDS = 1.0
CHART_SECONDS = 300
CHART_STEP = 2.0
BURST = 400
"""Alerts taken over from one poll; what is older in a bigger burst is in the store and reached by `older`."""
MAX_LISTENERS = 64


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at one moment; `problem` says why nothing is known."""

    statuses: dict[str, dict[str, Any]] = {}
    alert_counts: list[tuple[str, str, int]] = []
    quarantine_counts: dict[str, int] = {}
    deliveries: list[Delivery] = []
    newest: int = 0
    problem: str = "starting: there is no state database yet"

    @property
    def hunts(self) -> dict[str, dict[str, Any]]:
        """What the archiver publishes of each scheduled hunt, by name."""
        found: dict[str, dict[str, Any]] = self.statuses.get("archiver", {}).get("hunts", {})
        return found


class Update(msgspec.Struct, frozen=True):
    """What a poll found: the new snapshot and the new alerts, newest first.

    `reset` says that `rows` do not follow what was seen before: the database was replaced, or more came than BURST.
    """

    snapshot: Snapshot
    rows: list[Row]
    reset: bool = False


Listener = Callable[[Update], None]


class Feed:
    """Polls the store in a thread and tells listeners in the event loop."""

    def __init__(self, path: Path) -> None:
        self.snapshot = Snapshot()
        self.chart: deque[tuple[float, float]] = deque(maxlen=int(CHART_SECONDS / CHART_STEP) + 1)
        self._path = path
        self._guard = threading.Lock()
        self._store: Store | None = None
        self._inode = 0
        self._counted = 0.0
        self._listeners: list[Listener] = []

    # -- listeners -------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` in the event loop after each poll until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._listeners)

    @property
    def full(self) -> bool:
        """Whether as many pages are open as are served."""
        return len(self._listeners) >= MAX_LISTENERS

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            update = await asyncio.to_thread(self.poll)
            for listener in tuple(self._listeners):
                listener(update)
            await asyncio.sleep(POLL_SECONDS)

    # -- reading ---------------------------------------------------------------------------------------------------

    def store(self) -> Store:
        """Return the open store; raises GroundError when there is none."""
        with self._guard:
            store = self._store
        if store is None:
            raise GroundError(self.snapshot.problem)
        return store

    def poll(self) -> Update:
        """Read what is new; a database that cannot be read becomes a snapshot with a problem."""
        before = self.snapshot
        try:
            reset = self._open()
            store = self.store()
            rows = make_rows(store, store.alerts(after=0 if reset else before.newest, limit=BURST))
            self.snapshot = self._read(store, before, rows, reset=reset)
        except (GroundError, DamagedStateError, OSError) as error:
            self.close()
            self.snapshot = msgspec.structs.replace(before, problem=self._explain(error))
            return Update(self.snapshot, [])
        self._add_to_chart()
        return Update(self.snapshot, rows, reset or len(rows) == BURST)

    def close(self) -> None:
        """Close the store; the next poll opens it again."""
        with self._guard:
            store, self._store = self._store, None
        if store is not None:
            store.close()

    def _open(self) -> bool:
        """Open the store when it is not open or its file was replaced, and say whether that was needed."""
        inode = self._path.stat().st_ino
        if self._store is not None and inode == self._inode:
            return False
        self.close()
        store = Store(self._path, read_only=True)
        with self._guard:
            self._store, replaced = store, inode != self._inode
        self._inode = inode
        self._counted = 0.0
        return replaced

    def _explain(self, error: Exception) -> str:
        if isinstance(error, FileNotFoundError):
            return "starting: there is no state database yet"
        return f"the state database cannot be read: {error}"

    def _read(self, store: Store, before: Snapshot, rows: list[Row], *, reset: bool) -> Snapshot:
        counts: dict[str, Any] = {}
        now = time.monotonic()
        if rows or now - self._counted >= COUNT_SECONDS:
            self._counted = now
            counts = {"alert_counts": store.alert_counts(), "quarantine_counts": store.quarantine_counts()}
        base = Snapshot() if reset else before
        return msgspec.structs.replace(
            base,
            statuses=store.statuses(),
            deliveries=store.deliveries(),
            newest=rows[0].id if rows else base.newest,
            problem="",
            **counts,
        )

    def _add_to_chart(self) -> None:
        now = time.time()
        if self.chart and now - self.chart[-1][0] < CHART_STEP:
            return
        ingest = self.snapshot.statuses.get("ingest", {})
        self.chart.append((now, float(ingest.get("events_per_second") or 0.0)))
