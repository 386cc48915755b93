"""Hands alerts to one output: at once where the output is immediate, else from the store, until they are taken."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from lanner.detect.alert import Alert
from lanner.errors import GroundError
from lanner.outputs.output import DeliveryError, Output
from lanner.state.kept import StoredAlert
from lanner.state.store import Store

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
AT_ONCE = 100
CLOSE_SECONDS = 5.0
_LOG = structlog.get_logger("lanner.outputs")


class Lane:
    """One output with its place in the store; every alert is delivered at least once, in order.

    An immediate output is written to before the batch is durable, unless older alerts wait for it: then all go
    through the store until it has caught up.
    """

    def __init__(self, output: Output, store: Store) -> None:
        self.name = output.name
        self._output, self._store = output, store
        self._lock = threading.Lock()
        self._behind = True
        self._owed = 0
        self._said = ""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"output {self.name}", daemon=True)
        store.register_output(self.name)

    def start(self) -> None:
        """Deliver what an earlier run left, then what comes."""
        self._wake.set()
        self._thread.start()

    def offer(self, alerts: Sequence[Alert]) -> bool:
        """Give alerts that are not durable yet; returns whether the output has all of them."""
        with self._lock:
            if self._output.immediate and not self._behind:
                try:
                    self._send(alerts)
                except DeliveryError as error:
                    self._behind = True
                    self._tell(error)
                else:
                    return True
            self._owed += 1
            return False

    def _send(self, alerts: Sequence[Alert]) -> None:
        try:
            self._output.send(alerts)
        except DeliveryError:
            raise
        except Exception as error:
            _LOG.exception("an output broke; please report this", output=self.name)
            raise DeliveryError(f"the output broke: {error!r}", retryable=True) from error

    def _tell(self, error: DeliveryError) -> None:
        if str(error) != self._said:
            _LOG.error(str(error), output=self.name, hint="its alerts are kept; lanner keeps trying")
        self._said = str(error)
        try:
            self._store.delivery_failed(self.name, str(error))
        except GroundError:
            pass  # The disk that refuses the output often refuses this too; the lane's next try says it again.

    def committed(self, *, delivered: bool) -> None:
        """Hear that alerts once offered are in the store."""
        if not delivered:
            with self._lock:
                self._owed -= 1
            self._wake.set()

    def stop(self) -> None:
        """Ask to try what is left once more and to end; the rest stays stored."""
        self._stop.set()
        self._wake.set()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Stop, wait for the end for some seconds, and give the output back."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        # One that still sends keeps its descriptor: its number may be another file's by the time of the write.
        if not self._thread.is_alive():
            self._output.close()

    def _run(self) -> None:
        wait = FIRST_WAIT
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._drain():
                wait = FIRST_WAIT
                if self._stop.is_set():
                    return
            elif self._stop.wait(wait):
                return
            else:
                wait = min(wait * 2, LONGEST_WAIT)
                self._wake.set()

    def _drain(self) -> bool:
        """Deliver all that waits; returns False when the output or the store does not answer now."""
        try:
            while pending := self._store.pending(self.name, AT_ONCE):
                if not self._deliver(pending):
                    return False
            with self._lock:
                # Looked at again: alerts that were owed may have been stored since, and none may be overtaken.
                self._behind = self._owed > 0 or bool(self._store.pending(self.name, 1))
        except GroundError:
            return False
        return True

    def _deliver(self, pending: Sequence[StoredAlert]) -> bool:
        try:
            self._send([stored.alert for stored in pending])
        except DeliveryError as error:
            return self._failed(pending, error)
        self._store.delivered(self.name, pending[-1].id, len(pending))
        self._said = ""
        return True

    def _failed(self, pending: Sequence[StoredAlert], error: DeliveryError) -> bool:
        if error.sent:
            self._store.delivered(self.name, pending[error.sent - 1].id, error.sent)
        if error.retryable:
            self._tell(error)
            return False
        self._store.refused(self.name, pending[error.sent].id, str(error))
        return True
