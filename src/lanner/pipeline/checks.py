"""What `lanner doctor` says and what its checks look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Literal

import msgspec

from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.state.kept import Delivery
from lanner.state.schema import DamagedStateError
from lanner.state.store import Store

Verdict = Literal["ok", "warning", "problem"]
ANSWER_SECONDS = 5.0


class Finding(msgspec.Struct, frozen=True):
    """What one check found: `message` says what is, `fix` what to do about it."""

    check: str
    verdict: Verdict
    message: str
    fix: str = ""


class Known(msgspec.Struct, frozen=True):
    """What the state database says; `problem` is why it says nothing."""

    statuses: dict[str, dict[str, Any]] = {}
    deliveries: list[Delivery] = []
    waiting: dict[str, int] = {}
    quarantine: dict[str, int] = {}
    problem: str = ""


class Ground:
    """The installation that is examined; `probe` says that it ought to be running."""

    WAITING = 1000

    def __init__(self, settings: Settings, *, probe: bool = False) -> None:
        self.settings = settings
        self.folder = DataFolder(settings.data_folder)
        self.probe = probe

    @cached_property
    def known(self) -> Known:
        """The state as read once, without changing it."""
        if not self.folder.state.exists():
            return Known(problem="there is no state database yet: lanner has not run on this data folder")
        try:
            store = Store(self.folder.state, read_only=True)
        except (GroundError, DamagedStateError, OSError) as error:
            return Known(problem=str(error))
        try:
            return self._read(store)
        except GroundError as error:
            return Known(problem=str(error))
        finally:
            store.close()

    def _read(self, store: Store) -> Known:
        deliveries = store.deliveries()
        waiting = {each.output: len(store.pending(each.output, self.WAITING)) for each in deliveries}
        quarantine = {} if self.probe else store.quarantine_counts()
        return Known(store.statuses(), deliveries, waiting, quarantine)

    def answers(self, part: str) -> bool:
        """Say whether a part has published its status within the last seconds."""
        status = self.known.statuses.get(part)
        return status is not None and float(status["age"]) <= ANSWER_SECONDS


Check = Callable[[Ground], Iterator[Finding]]
