"""Runs a source in a thread and collects what it hands on, durable state included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lanner.audit.batch import Batch, Checkpoint
from lanner.sources import Source, SourceSettings, create


class Running:
    """A source at work; `lines` is what it handed on, in order."""

    def __init__(self, settings: SourceSettings, checkpoint: Checkpoint | None = None) -> None:
        self.batches: list[Batch] = []
        self.notes: list[str] = []
        self.error: BaseException | None = None
        self.source: Source = create(settings, self.notes.append)
        self._stop = threading.Event()
        self._checkpoint = checkpoint
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.source.run(self._checkpoint, self.batches.append, self._stop)
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.error = error

    @property
    def lines(self) -> list[bytes]:
        return [line for batch in self.batches for line in batch.lines]

    @property
    def checkpoint(self) -> Checkpoint | None:
        return self.batches[-1].checkpoint if self.batches else self._checkpoint

    def until(self, done: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert self.error is None, self.error
            assert time.monotonic() < deadline, (self.lines[-5:], len(self.lines), self.notes)
            time.sleep(0.002)

    def until_lines(self, count: int) -> list[bytes]:
        self.until(lambda: len(self.lines) >= count)
        return self.lines

    def stop(self) -> Checkpoint | None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.checkpoint


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start sources that are stopped at the end of the test."""
    running: list[Running] = []

    def begin(settings: SourceSettings, checkpoint: Checkpoint | None = None) -> Running:
        running.append(Running(settings, checkpoint))
        return running[-1]

    yield begin
    for one in running:
        one.stop()
