"""Reads the events that a verb on rules works on: all of a log, its Nth, or those of one audit ID."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.cli.console import note, progress
from lanner.errors import UsageError
from lanner.sources.history import Line, read_lines, stored_bytes

_NUMBERED = re.compile(r"(.+):([1-9][0-9]{0,17})")


class Selection(NamedTuple):
    """Which events of a log are meant: the one with this number (from 1), those with this audit ID, or all."""

    path: Path
    number: int | None = None
    audit_id: str | None = None


def parse_selection(text: str, audit_id: str | None) -> Selection:
    """Read FILE, FILE:N or -, each perhaps with an audit ID; raises UsageError on a number with an audit ID."""
    found = _NUMBERED.fullmatch(text)
    if found is None or Path(text).exists():
        return Selection(Path(text), audit_id=audit_id)
    if audit_id is not None:
        raise UsageError(f"--event {text} names an event already; leave out :{found[2]} or --audit-id")
    return Selection(Path(found[1]), number=int(found[2]))


def read_events(selection: Selection) -> Iterator[Event]:
    """Yield the selected events with their numbers; raises UsageError when there is none. Other lines are counted."""
    found = False
    counter = _Counter()
    with progress("reading", stored_bytes(selection.path), printing=True) as advance:
        for line in read_lines(selection.path, progress=advance):
            for event in counter.events(line, selection):
                found = True
                yield event
            if selection.number is not None and counter.number >= selection.number:
                break
    if counter.refused:
        note(f"{counter.refused} lines or items are no audit events; the first is {counter.first_refused}")
    if not found:
        raise UsageError(_nothing(selection, counter))


class _Counter:
    """Counts events and refusals on the way to the selected ones."""

    def __init__(self) -> None:
        self.number = self.refused = 0
        self.first_refused = ""

    def events(self, line: Line, selection: Selection) -> Iterator[Event]:
        """Yield the selected events of a line."""
        decoded = decode(line.data)
        refusals = ["too long"] if line.oversized else [refusal.reason for refusal in decoded.refusals]
        if refusals and not self.refused:
            self.first_refused = f"line {line.number}: {refusals[0]}"
        self.refused += len(refusals)
        for event in decoded.events:
            self.number += 1
            event.number = self.number
            if selection.number in (None, self.number) and selection.audit_id in (None, event.head.audit_id):
                yield event


def _nothing(selection: Selection, counter: _Counter) -> str:
    wanted = f"with auditID {selection.audit_id!r}" if selection.audit_id is not None else f"{selection.number or 1}"
    return f"{selection.path} has no event {wanted}: {counter.number} events were read"
