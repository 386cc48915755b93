"""Carries bodies from the event loop to the pipeline's blocking `emit`, and the word that they are durable back."""

from __future__ import annotations

import asyncio
import queue
import threading

from lanner.audit.batch import SAMPLE_BYTES, Batch, Reject
from lanner.sources.source import Emit


class Handoff:
    """One thread calls `emit`, in order of arrival; at most `size` bodies wait for it."""

    def __init__(self, source: str, emit: Emit, size: int) -> None:
        self._source, self._emit = source, emit
        self._queue: queue.Queue[_Item | None] = queue.Queue(size + 1)
        self._number = 0
        self._thread = threading.Thread(target=self._work, name=f"{source} emit", daemon=True)
        self._thread.start()
        self.error: BaseException | None = None

    async def deliver(self, line: bytes, peer: str, reason: str, seconds: float) -> bool:
        """Hand on a body, as a reject when there is a `reason`; say whether it became durable in time.

        One that is still waiting for the pipeline when the time is over is taken back: the sender repeats it.
        """
        item = _Item(self._batch(line, peer, reason))
        try:
            self._queue.put_nowait(item)
            async with asyncio.timeout(seconds):
                await item.done.wait()
        except (TimeoutError, queue.Full):
            return False
        finally:
            item.abandoned = True
        return True

    def close(self, seconds: float) -> None:
        """Let the thread finish what was accepted; one that stays blocked in `emit` is left to its end."""
        try:
            self._queue.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _batch(self, line: bytes, peer: str, reason: str) -> Batch:
        self._number += 1
        batch = Batch(source=self._source, origin=peer, lines=[], offsets=[], checkpoint={})
        if reason:
            sample = line[:SAMPLE_BYTES]
            reject = Reject(
                source=self._source, origin=peer, offset=self._number, reason=reason, size=len(line), sample=sample
            )
            batch.rejects = [reject]
        else:
            batch.lines, batch.offsets = [line], [self._number]
        return batch

    def _work(self) -> None:
        while item := self._queue.get():
            if item.abandoned:
                continue
            item.batch.durable = item.wake
            try:
                self._emit(item.batch)
            except Exception as error:  # noqa: BLE001 - raised again by the source's own thread
                self.error = error
                return


class _Item:
    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.done = asyncio.Event()
        self.abandoned = False
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Tell the request, from whichever thread; its loop may be gone by then."""
        try:
            self._loop.call_soon_threadsafe(self.done.set)
        except RuntimeError:
            pass
