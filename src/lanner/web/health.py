"""Says in words whether all parts of lanner work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from lanner.settings.model import Settings
from lanner.web.feed import Snapshot
from lanner.web.figures import duration, visible

SILENT_SECONDS = 5.0
LONGEST_PROBLEM = 300
LONGEST_NAME = 100

Level = Literal["ok", "waiting", "bad"]


class Health(msgspec.Struct, frozen=True):
    """The overall state and a sentence for each thing that is not well; `silent` names the parts that do not answer."""

    level: Level
    words: list[str]
    silent: list[str]

    @property
    def text(self) -> str:
        return "; ".join(self.words) if self.words else "all parts answer"


def parts(settings: Settings) -> tuple[str, ...]:
    """Return the parts that must answer under these settings."""
    return ("ingest", "archiver") if settings.archive.enabled else ("ingest",)


def answers(status: dict[str, Any] | None) -> bool:
    """Say whether a part's status is fresh."""
    return status is not None and float(status["age"]) <= SILENT_SECONDS


def judge(snapshot: Snapshot, expected: tuple[str, ...]) -> Health:
    """Judge what the feed saw last."""
    if snapshot.problem:
        level: Level = "waiting" if snapshot.problem.startswith("starting") else "bad"
        return Health(level, [snapshot.problem], list(expected))
    silent = [part for part in expected if not answers(snapshot.statuses.get(part))]
    words = [*_silences(snapshot, silent), *_problems(snapshot), *_hunts(snapshot), *_deliveries(snapshot)]
    unseen = bool(words) and all(part not in snapshot.statuses for part in silent) and len(words) == len(silent)
    return Health("ok" if not words else "waiting" if unseen else "bad", words, silent)


def _silences(snapshot: Snapshot, silent: list[str]) -> Iterator[str]:
    for part in silent:
        status = snapshot.statuses.get(part)
        if status is None:
            yield f"{part} has not started yet"
        else:
            yield f"{part} does not answer (last heard of {duration(status['age'])} ago)"


def _problems(snapshot: Snapshot) -> Iterator[str]:
    for part, status in sorted(snapshot.statuses.items()):
        if problem := status.get("problem"):
            yield f"{part}: {visible(str(problem), LONGEST_PROBLEM)}"


def _hunts(snapshot: Snapshot) -> Iterator[str]:
    for name, last in snapshot.hunts.items():
        if last.get("problem"):
            yield f"the hunt {visible(name, LONGEST_NAME)} failed: {visible(str(last['problem']), LONGEST_PROBLEM)}"


def _deliveries(snapshot: Snapshot) -> Iterator[str]:
    for delivery in snapshot.deliveries:
        if delivery.error:
            yield f"output {delivery.output}: {visible(delivery.error, LONGEST_PROBLEM)}"
