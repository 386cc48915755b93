"""The watch over the API server's audit policy on the live stream: reads the file, samples events, makes alerts."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.errors import GroundError
from lanner.pipeline.policy_alerts import Warned, warn, warn_of_change
from lanner.policy.loading import LoadedPolicy, load_policy
from lanner.policy.model import Policy
from lanner.policy.watch import NS, Watch
from lanner.policy.watch_change import lowered, same
from lanner.policy.watch_ledger import Ledger
from lanner.policy.watch_settings import PolicySettings

EVENTS_PER_SECOND = 2000
"""Events that are compared at most; of more, a random sample is. Another policy shows in any hundred events."""
_LOG = structlog.get_logger("lanner.policy")


class Budget:
    """How many events may be looked at now: a bucket of EVENTS_PER_SECOND."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._left, self._last = clock, float(EVENTS_PER_SECOND), clock()

    def take(self, wanted: int) -> int:
        """Return how many of the wanted ones may be looked at, and spend them."""
        now = self._clock()
        self._left = min(EVENTS_PER_SECOND, self._left + (now - self._last) * EVENTS_PER_SECOND)
        self._last = now
        taken = min(wanted, int(self._left))
        self._left -= taken
        return taken


class PolicyWatch:
    """Compares a sample of what arrives with the policy's file; `reread` is called now and then by another thread."""

    def __init__(
        self,
        settings: PolicySettings,
        hostname: str,
        note: Callable[[str], None],
        *,
        former: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._hostname, self._note = settings, hostname, note
        self._budget = Budget(clock)
        self._lock = threading.Lock()
        self._ledger = Ledger(settings.rearm)
        self._watch: Watch | None = None
        self._waiting: list[Warned] = []
        self._digest, self._changes, self._failures = "", 0, 0
        self._signature = self._stat()
        self._begin(former)

    def _begin(self, former: Mapping[str, Any]) -> None:
        """Read the file for the first time; `former` is the last status of an earlier run."""
        loaded = self._load()
        if loaded is None:
            return
        assert loaded.policy is not None
        # Events from before the file was written followed another policy, whichever it was.
        written = min(self._signature[0], time.time_ns())
        self._watch = Watch(loaded.policy, self._settings, since_ns=written)
        if former.get("file") == self._settings.file and former.get("digest") not in (None, "", self._digest):
            self._tell_change("the policy's file changed while lanner was not running", [])

    def reread(self, *, asked: bool) -> None:
        """Read the file again when it has changed, or when asked to; a file that is refused leaves the old policy."""
        signature = self._stat()
        if signature == self._signature and not asked:
            return
        self._signature = signature
        digest = self._digest
        loaded = self._load()
        if loaded is not None and self._digest != digest:
            assert loaded.policy is not None
            with self._lock:
                self._exchange(loaded.policy)

    def _exchange(self, policy: Policy) -> None:
        if self._watch is None:
            self._watch = Watch(policy, self._settings, since_ns=time.time_ns())
            self._note(f"{policy.file}: the audit policy loads now and is compared with")
            return
        old = self._watch.policy
        self._watch.exchange(policy, time.time_ns() + int(self._settings.grace * NS))
        if not same(old, policy):
            self._ledger.forget()
            less = [f"{found.what} ({found.was} to {found.now})" for found in lowered(old, policy)]
            self._tell_change(f"the policy's file now has {len(policy.rules)} rules that decide otherwise", less)

    def _stat(self) -> tuple[int, int]:
        try:
            found = Path(self._settings.file).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size

    def _load(self) -> LoadedPolicy | None:
        try:
            loaded = load_policy(self._settings.file)
        except GroundError as error:
            self._note(f"the audit policy cannot be read, nothing is compared with it: {error}")
            return None
        if loaded.policy is None:
            self._note(f"{loaded.file}: kube-apiserver would refuse this audit policy: {loaded.refusal}")
            return None
        self._digest = sha256(loaded.text.encode()).hexdigest()
        return loaded

    def alerts(self, events: Sequence[Event]) -> list[Warned]:
        """Return the alerts that events in order give rise to; never raises."""
        taken = self._sample(len(events))
        return self._guarded([events[index] for index in taken])

    def alerts_of_lines(self, lines: Sequence[bytes]) -> list[Warned]:
        """Return the same of events that were decoded in another process: those looked at are decoded here."""
        taken = self._sample(len(lines))
        return self._guarded([event for index in taken for event in decode(lines[index]).events])

    def _sample(self, count: int) -> Sequence[int]:
        taken = self._budget.take(count)
        if taken == count:
            return range(count)
        return sorted(random.sample(range(count), taken))

    def _guarded(self, events: Sequence[Event]) -> list[Warned]:
        with self._lock:
            found, self._waiting = self._waiting, []
            try:
                found += [warned for event in events for warned in self._look(event)]
            except Exception:  # noqa: BLE001 - a defect here must not end the watch over everything else
                self._failures += 1
                _LOG.error("comparing with the audit policy failed; please report this", trace=traceback.format_exc())
            return found

    def _look(self, event: Event) -> Iterator[Warned]:
        if self._watch is None:
            return
        deviations = self._watch.look(event)
        if deviations:
            for deviation, count in self._ledger.add(deviations):
                yield warn(deviation, count, event, self._watch.policy, self._hostname)

    def _tell_change(self, what: str, less: Sequence[str]) -> None:
        self._changes += 1
        self._waiting.append(warn_of_change(what, less, self._settings.file, self._hostname))

    def status(self) -> dict[str, Any]:
        """Return what the status says of the watch."""
        watch = self._watch
        return {
            "file": self._settings.file,
            "digest": self._digest,
            "compared": watch.compared if watch else 0,
            "deviations": dict(self._ledger.counts),
            "changes": self._changes,
            "failures": self._failures,
        }
