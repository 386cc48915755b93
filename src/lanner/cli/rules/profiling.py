"""`lanner rules list --profile`: reads logs through the profiler and shows what each rule costs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.cells import cell_len, set_cell_size

from lanner.cli.console import Format, note, print_json, progress
from lanner.errors import GroundError, SourceError, UsageError
from lanner.outputs.form import escape_controls
from lanner.rules.advice import NOTABLE_OF_ALL, advice
from lanner.rules.profile import BATCH_BYTES, BATCH_EVENTS, Profile, Profiler, RuleCost
from lanner.rules.ruleset import Rule
from lanner.sources.history import Line, read_lines, stored_bytes

WIDTH = 100
_HEAD = f"{'share':>6} {'time':>10} {'candidates':>10} {'each':>10} {'matched':>8} {'bodies':>8}  rule"
_INTERRUPTED = 130


def profile_rules(rules: Sequence[Rule], logs: Sequence[Path], format_: Format) -> None:
    """Profile the rules that run on the events of the logs and print it, the most expensive first.

    Ctrl-C ends the reading: what was measured is printed, and the exit code is 130.
    """
    running = [rule for rule in rules if rule.enabled]
    if not running:
        raise UsageError("no rule of these files is enabled: there is nothing to profile")
    reading = _Reading(Profiler(running))
    try:
        reading.read(logs)
    except KeyboardInterrupt:
        reading.stopped = True
    _tell(reading)
    profile = reading.profiler.profile
    if not profile.events:
        raise typer.Exit(1)
    (_print_json if format_ is Format.json else _print_table)(profile)
    if reading.stopped:
        raise typer.Exit(_INTERRUPTED)
    if reading.broken:
        raise typer.Exit(GroundError.exit_code)


class _Reading:
    """Logs on their way into the profiler, and what was no event in them."""

    def __init__(self, profiler: Profiler) -> None:
        self.profiler = profiler
        self.refused: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.stopped = self.broken = False

    def read(self, logs: Sequence[Path]) -> None:
        sizes = [stored_bytes(path) for path in logs]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        with progress("profile", total) as advance:
            for path in logs:
                try:
                    for batch in _batches(read_lines(path, progress=advance)):
                        self._add(batch, path)
                except (SourceError, GroundError) as error:
                    self.broken = True
                    note(f"error: {error}")

    def _add(self, batch: list[Line], path: Path) -> None:
        whole = [line for line in batch if not line.oversized]
        refusals = self.profiler.add([line.data for line in whole])
        for line in batch:
            if line.oversized:
                self._refuse("too long", line, path)
        for line, refused in zip(whole, refusals, strict=True):
            for refusal in refused:
                self._refuse(refusal.reason.partition(" (")[0], line, path)

    def _refuse(self, reason: str, line: Line, path: Path) -> None:
        self.refused[reason] += 1
        self.first.setdefault(reason, f"{line.file or path}:{line.number}")


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Group lines; the last group before a failing read is given as well."""
    batch: list[Line] = []
    size = 0
    try:
        for line in lines:
            batch.append(line)
            size += len(line.data)
            if len(batch) >= BATCH_EVENTS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except (SourceError, GroundError):
        yield batch
        raise
    yield batch


def _tell(reading: _Reading) -> None:
    if reading.stopped:
        note(f"stopped: what follows is measured on the first {reading.profiler.profile.events:,} events")
    if reading.refused:
        note(f"no audit events: {reading.refused.total()}")
        for reason, times in reading.refused.most_common():
            note(f"  {reading.first[reason]}: {reason}" + (f" (and {times - 1} more)" if times > 1 else ""))
    if not reading.profiler.profile.events:
        note("error: no event was read")


def _by_cost(profile: Profile) -> list[RuleCost]:
    return sorted(profile.rules, key=lambda cost: (-cost.match_ns, -cost.candidates))


def _print_json(profile: Profile) -> None:
    for cost in _by_cost(profile):
        print_json(_row(profile, cost))
    print_json({"total": _total(profile)})


def _row(profile: Profile, cost: RuleCost) -> dict[str, Any]:
    return {
        "rule": cost.rule.name,
        "file": cost.rule.file,
        "line": cost.rule.line,
        "candidates": cost.candidates,
        "matched": cost.matched,
        "share": round(profile.share(cost), 6),
        "match_ns": round(cost.match_ns),
        "check_ns": round(cost.check_ns),
        "ns_per_candidate": round(cost.match_ns / cost.candidates) if cost.candidates else 0,
        "output_ns": round(cost.output_ns),
        "bodies": {name: {"events": use.events, "ns": round(use.ns)} for name, use in cost.bodies.items()},
        "advice": advice(profile, cost),
    }


def _total(profile: Profile) -> dict[str, Any]:
    return {
        "events": profile.events,
        "alerts": profile.alerts,
        "events_per_second": round(profile.events * 1e9 / profile.total_ns),
        "decode_ns": profile.decode_ns,
        "match_ns": profile.match_ns,
        "output_ns": profile.output_ns,
        "rules_one_by_one_ns": round(sum(cost.match_ns for cost in profile.rules)),
    }


def _print_table(profile: Profile) -> None:
    sys.stdout.write(_HEAD + "\n")
    for cost in _by_cost(profile):
        sys.stdout.write(_line(profile, cost) + "\n")
        for told in advice(profile, cost):
            sys.stdout.writelines(f"{'':8}{line}\n" for line in _wrapped(told, WIDTH - 8))
    sys.stdout.writelines(f"{line}\n" for line in _summary(profile))


def _line(profile: Profile, cost: RuleCost) -> str:
    each = _duration(cost.match_ns / cost.candidates) if cost.candidates else ""
    bodies = sum(use.events for use in cost.bodies.values())
    row = (
        f"{profile.share(cost):6.1%} {cost.match_ns / 1e6:>7,.{2 if cost.match_ns < 1e9 else 0}f} ms "
        f"{cost.candidates:>10,} {each:>10} {cost.matched:>8,} {f'{bodies:,}' if bodies else '':>8}  "
    )
    return row + _cut(escape_controls(cost.rule.name), WIDTH - len(row))


def _duration(ns: float) -> str:
    return f"{ns:,.0f} ns" if ns < 1e6 else f"{ns / 1000:,.0f} us"


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in escape_controls(text).split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _summary(profile: Profile) -> Iterator[str]:
    events, total = profile.events, profile.total_ns
    alone = sum(cost.match_ns for cost in profile.rules)
    speed = f"{events * 1e9 / total:,.0f} events/s on one core"
    yield ""
    yield f"{events:,} events, {profile.alerts:,} alerts: {total / events / 1000:.1f} us an event, {speed}"
    for name, ns in (
        ("decoding", profile.decode_ns),
        ("matching, all rules together", profile.match_ns),
        ("texts of alerts", profile.output_ns),
    ):
        yield f"  {name:<30} {ns / total:6.1%} {ns / events / 1000:8.2f} us an event"
    yield f"  {'(the rules above, one by one':<37} {alone / events / 1000:8.2f} us an event)"
    if not any(advice(profile, cost) for cost in profile.rules):
        yield f"No rule takes {NOTABLE_OF_ALL:.0%} of the time: there is little to gain by changing one."
