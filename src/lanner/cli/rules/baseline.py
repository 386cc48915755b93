"""Reads a log for `rules suggest`: where the baseline ends, and what the rules say of whom."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.fields import lookup
from lanner.cli.console import progress
from lanner.detect.engine import Engine
from lanner.errors import GroundError, UsageError
from lanner.rules.ruleset import Rule
from lanner.rules.suggest.sightings import FIELDS, Sightings, Value
from lanner.sources.history import read_lines, stored_bytes


class Label(msgspec.Struct):
    """A line of a labels file; chain and step are told where they are there."""

    auditID: str  # noqa: N815 - the key in the file
    kind: str
    chain: str = ""
    step: str = ""


class Labels:
    """Labelled events: attacks by audit id, with the step that they belong to, and all that have any label."""

    def __init__(self, path: Path | None) -> None:
        """Read a file of JSON lines; raises UsageError with the line that is none."""
        self.attacks: dict[str, str] = {}
        self.labelled: set[str] = set()
        for number, line in enumerate(_lines(path), 1):
            try:
                label = msgspec.json.decode(line, type=Label)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise UsageError(f"{path}:{number}: {error}; write a line such as {_EXAMPLE}") from None
            self.labelled.add(label.auditID)
            if label.kind == "attack":
                self.attacks[label.auditID] = f"{label.chain}/{label.step}" if label.step else ""


_EXAMPLE = '{"auditID": "...", "kind": "attack"}'


def _lines(path: Path | None) -> Iterator[bytes]:
    if path is None:
        return
    try:
        with path.open("rb") as file:
            yield from filter(bytes.strip, file)
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error


class Log:
    """A log that is read several times."""

    def __init__(self, paths: Sequence[Path]) -> None:
        if Path("-") in paths:
            raise UsageError("the log is read several times, so it cannot come from standard input; name a file")
        self.paths = list(paths)

    def events(self, label: str) -> Iterator[Event]:
        """Give all events; raises SourceError or GroundError where a log cannot be read to its end."""
        with progress(label, sum(stored_bytes(path) or 0 for path in self.paths)) as advance:
            for path in self.paths:
                for line in read_lines(path, progress=advance):
                    if not line.oversized:
                        yield from decode(line.data).events

    def middle(self) -> int:
        """Return the time, in nanoseconds since 1970, before which half of the events are; raises UsageError."""
        times = array("q", (event.time_ns for event in self.events("counting")))
        if not times:
            raise UsageError("the log has no events, so nothing can be learnt from it")
        return sorted(times)[len(times) // 2]


class Baseline(msgspec.Struct):
    """What was seen, how many seconds the baseline is long, and how many events it and the rest have."""

    sightings: Sightings
    first: int = 0
    last: int = 0
    events: int = 0
    events_rest: int = 0

    @property
    def seconds(self) -> float:
        return (self.last - self.first) / 1e9


def observe(log: Log, rules: Sequence[Rule], until: int | None, labels: Labels) -> Baseline:
    """Run rules over a log, each alert by itself; what comes before `until` is the baseline, without it all."""
    engine = Engine(rules)
    found = Baseline(Sightings())
    readers = [lookup(field, None) for field in FIELDS]
    for event in log.events("observing"):
        learning = until is None or event.time_ns < until
        _count(found, event, learning=learning)
        for alert in engine.process(event):
            values = tuple(_value(reader, event) for reader in readers)
            attack = (event.head.audit_id or "") in labels.attacks
            found.sightings.add(alert.rule, values, event.time_ns / 1e9, baseline=learning, attack=attack)
    return found


def _count(found: Baseline, event: Event, *, learning: bool) -> None:
    if not learning:
        found.events_rest += 1
        return
    found.first = min(found.first or event.time_ns, event.time_ns)
    found.last = max(found.last, event.time_ns)
    found.events += 1


def _value(reader: Callable[[Event], Any], event: Event) -> Value:
    value = reader(event)
    if isinstance(value, list):
        return tuple(sorted(set(map(str, value))))
    return None if value is None else str(value)
