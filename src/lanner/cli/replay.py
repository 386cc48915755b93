"""`lanner replay`: detect over finished logs; alerts on stdout in file order."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from lanner import content
from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.cli.console import Format, note, progress
from lanner.detect.alert import PRIORITIES, Alert, encode_alert
from lanner.detect.engine import Engine, Matching
from lanner.errors import GroundError, LannerError, SourceError, UsageError
from lanner.outputs.form import escape_controls
from lanner.rules.falco.documents import load_files
from lanner.rules.ruleset import Rule
from lanner.sources.history import read_lines, stored_bytes

REASONS_SHOWN = 10


class _Counts:
    """What a replay has seen so far; `first` is where a reason for refusal was met first."""

    def __init__(self) -> None:
        self.events = self.alerts = self.refused = 0
        self.broken = False
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def refuse(self, reason: str, place: str) -> None:
        self.refused += 1
        shown = reason if reason in self.reasons or len(self.reasons) < REASONS_SHOWN else "other reasons"
        self.reasons[shown] += 1
        self.first.setdefault(shown, place)


def replay(  # noqa: PLR0917 - Typer reads options from parameters
    events: Annotated[
        list[Path],
        typer.Argument(
            metavar="EVENTS", help="Audit logs: plain, .gz or .zst files, folders of them, or - for standard input."
        ),
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="A rules file or a folder of them, loaded in order. Default: lanner's own."),
    ] = None,
    matching: Annotated[
        str, typer.Option(help="all: every rule that matches fires; first: only the first in load order, as Falco.")
    ] = "all",
    output_format: Annotated[Format, typer.Option("--format", help="How alerts are printed.")] = Format.text,
    priority: Annotated[str, typer.Option(help=f"The lowest priority that fires: {', '.join(PRIORITIES)}.")] = "debug",
    hostname: Annotated[str, typer.Option(help="The hostname that alerts carry.")] = "",
    stats: Annotated[bool, typer.Option("--stats", help="Print events, alerts and speed as JSON on stderr.")] = False,
) -> None:
    """Run detection rules over audit logs and print the alerts in the order of the events.

    Lines that are no audit events are counted and shown. Exit code 1 says that there was nothing but such lines, 3 that
    a log could not be read to its end.
    """
    engine = Engine(_load(rules), matching=_matching(matching), minimum_priority=priority, hostname=hostname)
    counts = _Counts()
    started = time.perf_counter()
    for alert in _detect(engine, events, counts):
        _print(alert, output_format)
    sys.stdout.flush()
    _report(engine, counts, time.perf_counter() - started, stats=stats)
    if counts.broken:
        raise typer.Exit(GroundError.exit_code)
    if counts.refused and not counts.events:
        raise typer.Exit(1)


def _matching(text: str) -> Matching:
    if text not in ("all", "first"):
        raise UsageError(f"--matching {text}: write all or first")
    return cast(Literal["all", "first"], text)


def _load(paths: list[Path] | None) -> list[Rule]:
    rules = load_files(paths or [content.FOLDER]).require()
    if not rules:
        note("warning: no rule is loaded, so there can be no alert")
    return rules


def _detect(engine: Engine, paths: list[Path], counts: _Counts) -> Iterator[Alert]:
    totals = [stored_bytes(path) for path in paths]
    total = None if None in totals else sum(size for size in totals if size is not None)
    with progress("replay", total, printing=True) as advance:
        for path in paths:
            yield from _detect_in(engine, path, counts, advance)


def _detect_in(engine: Engine, path: Path, counts: _Counts, advance: Any) -> Iterator[Alert]:
    try:
        for line in read_lines(path, progress=advance):
            place = f"{line.file or path}:{line.number}"
            if line.oversized:
                counts.refuse("too long", place)
                continue
            for event in _events(line.data, place, counts):
                alerts = engine.process(event, line.number)
                counts.alerts += len(alerts)
                yield from alerts
    except (SourceError, GroundError) as error:
        counts.broken = True
        note(f"error: {error}")
        if not counts.events:
            raise _UnreadError(error) from error


class _UnreadError(LannerError):
    """Nothing of a log could be read; the place was said already."""

    def __init__(self, cause: LannerError) -> None:
        super().__init__("no event was read")
        self.exit_code = cause.exit_code


def _events(line: bytes, place: str, counts: _Counts) -> Iterator[Event]:
    decoded = decode(line)
    for refusal in decoded.refusals:
        counts.refuse(refusal.reason, place)
    for event in decoded.events:
        counts.events += 1
        event.number = counts.events
        yield event


def _print(alert: Alert, output_format: Format) -> None:
    if output_format is Format.json:
        sys.stdout.write(encode_alert(alert).decode() + "\n")
    else:
        sys.stdout.write(escape_controls(f"{alert.time}: {alert.priority} {alert.output}") + "\n")


def _report(engine: Engine, counts: _Counts, seconds: float, *, stats: bool) -> None:
    if counts.refused:
        note(f"no audit events: {counts.refused}")
        for reason, times in counts.reasons.most_common():
            note(f"  {counts.first[reason]}: {reason}" + (f" (and {times - 1} more)" if times > 1 else ""))
    if engine.render_errors:
        note(f"{engine.render_errors} alerts could not fill in their output")
    if stats:
        speed = round(counts.events / seconds) if seconds else 0
        note(
            f'{{"events":{counts.events},"alerts":{counts.alerts},"seconds":{seconds:.3f},"events_per_second":{speed}}}'
        )
