"""`lanner replay`: detect over finished logs; alerts on stdout in file order."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from lanner import content
from lanner.cli.console import Format, PipelineOption, note, print_json, progress
from lanner.cli.moments import read_moment
from lanner.cli.rules.baseline import Log
from lanner.detect.alert import PRIORITIES, time_text
from lanner.detect.engine import Engine, Matching
from lanner.detect.habits import HabitSettings
from lanner.detect.incidents import Grouping
from lanner.errors import GroundError, UsageError
from lanner.outputs.form import escape_controls
from lanner.pipeline.replay import Counts, Replay
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.rules.loading import LoadedRules, load_files
from lanner.sources.history import stored_bytes


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
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that detect, for finished logs: one for each core to be used.")
    ] = 1,
    learn: Annotated[
        str,
        typer.Option(
            metavar="TIME|first-half",
            help="Lower what fits a habit after this time, learnt from all before it: 2026-11-24, or first-half.",
        ),
    ] = "",
    incidents: Annotated[
        bool, typer.Option("--incidents", help="Group the alerts, and print the incidents after them, worst first.")
    ] = False,
    pipeline: PipelineOption = None,
    stats: Annotated[bool, typer.Option("--stats", help="Print events, alerts and speed as JSON on stderr.")] = False,
) -> None:
    """Run detection rules over audit logs and print the alerts in the order of the events.

    Lines that are no audit events are counted and shown. Exit code 1 says that there was nothing but such lines, 3 that
    a log could not be read to its end.
    """
    grouping = Grouping() if incidents else None
    run = Replay(events, note, grouping, learning(events, learn) if learn else None)
    try:
        if workers > 1:
            run.start(workers)
        loaded = _load(rules, pipeline)
        engine = Engine(
            loaded.rules,
            correlations=loaded.correlations,
            matching=read_matching(matching),
            minimum_priority=priority,
            hostname=hostname,
        )
        rule_set = RuleSet(
            tuple(engine.rules), read_matching(matching), hostname, output_format.value, tuple(engine.correlations)
        )
        started = time.perf_counter()
        _print(run, events, engine, rule_set)
    finally:
        run.close()
    if grouping is not None:
        _print_incidents(grouping, output_format)
    counts = run.counts
    _report(counts, time.perf_counter() - started, stats=stats)
    if counts.broken:
        raise typer.Exit(GroundError.exit_code)
    if counts.refused and not counts.events:
        raise typer.Exit(1)


def learning(paths: list[Path], text: str) -> HabitSettings:
    """Return how habits are learnt up to a time, or from the first half of a log's events; raises UsageError."""
    if text == "first-half":
        return HabitSettings(until=time_text(Log(paths).middle()))
    moment = read_moment(text, "--learn")
    return HabitSettings(until=moment.isoformat() if moment else "")


def read_matching(text: str) -> Matching:
    """Read what --matching says; raises UsageError."""
    if text not in ("all", "first"):
        raise UsageError(f"--matching {text}: write all or first")
    return cast(Literal["all", "first"], text)


def _load(paths: list[Path] | None, pipelines: list[Path] | None) -> LoadedRules:
    loaded = load_files(paths or [content.FOLDER], pipelines or []).require()
    if not loaded.rules and not loaded.correlations:
        note("warning: no rule is loaded, so there can be no alert")
    return loaded


def _print(run: Replay, paths: list[Path], engine: Engine, rules: RuleSet) -> None:
    totals = [stored_bytes(path) for path in paths]
    total = None if None in totals else sum(size for size in totals if size is not None)
    with progress("replay", total, printing=True) as advance:
        for alerts in run.run(engine, rules, advance):
            sys.stdout.buffer.write(b"\n".join([*alerts, b""]))
    sys.stdout.buffer.flush()


def _print_incidents(grouping: Grouping, format_: Format) -> None:
    for incident in sorted(grouping.incidents(), key=lambda incident: (-incident.score, incident.started)):
        if format_ is Format.json:
            print_json({"incident": incident.told()})
        else:
            priority = f"{incident.priority} ({incident.raised})" if incident.raised else incident.priority
            about = f"{priority}, score {incident.score}, {incident.alerts} alerts"
            sys.stdout.write(f"incident {incident.id}: {about}, {incident.started[:19]} to {incident.updated[:19]}\n")
            sys.stdout.write(f"    {escape_controls(incident.story)}\n")


def _report(counts: Counts, seconds: float, *, stats: bool) -> None:
    if counts.refused:
        note(f"no audit events: {counts.refused}")
        for reason, times in counts.reasons.most_common():
            note(f"  {counts.first[reason]}: {reason}" + (f" (and {times - 1} more)" if times > 1 else ""))
    if counts.render_errors:
        note(f"{counts.render_errors} alerts could not fill in their output")
    if counts.lowered:
        note(f"{counts.lowered} alerts fit a habit and have a lower priority (lanner.habit)")
    if counts.failures:
        note(f"error: detection failed on {counts.failures} events; see above")
    if stats:
        speed = round(counts.events / seconds) if seconds else 0
        note(
            f'{{"events":{counts.events},"alerts":{counts.alerts},"seconds":{seconds:.3f},"events_per_second":{speed}}}'
        )
