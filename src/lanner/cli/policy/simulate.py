"""`lanner policy simulate`: what a log would be and cost under another policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.audit.decode import decode
from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, FormatOption, note, print_json, progress
from lanner.cli.policy.loading import load_or_end
from lanner.cli.policy.reading import read_log, total_bytes
from lanner.cli.policy.simulate_text import comparison_lines, summary_lines
from lanner.errors import UsageError
from lanner.policy.comparison import compare
from lanner.policy.prices import PriceSettings
from lanner.policy.simulation import Simulation
from lanner.policy.summary import summarize
from lanner.settings.load import load

INTERRUPTED = 130
"""What a shell gives for a program that Ctrl-C ended."""


def simulate(  # noqa: PLR0917 - Typer reads options from parameters
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    events: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="EVENTS", help="Audit logs: plain, .gz or .zst files, folders of them, or - for standard input."
        ),
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="A second policy, to be compared on the same log.")
    ] = None,
    archive: Annotated[bool, typer.Option("--archive", help="Also the events of the archive.")] = False,
    top: Annotated[int, typer.Option(min=1, help="So many resources and users, the largest.")] = 10,
    prices: Annotated[
        Path | None, typer.Option("--prices", help="A lanner.yaml whose `prices:` section says what you pay.")
    ] = None,
    events_per_day: Annotated[
        float | None, typer.Option("--events-per-day", min=1, help="Reckon with the log's mix at this rate.")
    ] = None,
    scale: Annotated[float, typer.Option(min=0, help="Reckon with so many clusters like this one.")] = 1.0,
    data: Data = None,
    config: Config = None,
    format_: FormatOption = Format.text,
) -> None:
    """Replay a log under a policy: events and bytes kept, by rule and by what makes the log big, and dollars a month.

    It counts the bytes of the lines that kube-apiserver would have written. Of what the log was never given (bodies of
    events at a lower level, stages left out) it gives an estimate and an upper bound. Ctrl-C shows what was read.
    Exit code 1 when kube-apiserver would refuse a policy, 3 when a log could not be read to its end.
    """
    if not events and not archive:
        raise UsageError("name a log to simulate on, or --archive")
    simulations = [Simulation(load_or_end(path, format_)) for path in (policy, against) if path is not None]
    settings = _prices(prices or config)
    ended = _Reader(simulations).read(events or [], _archived(data, config) if archive else None)
    options: dict[str, Any] = {"prices": settings, "events_per_day": events_per_day, "scale": scale}
    _print(simulations, options, top, format_)
    if ended:
        raise typer.Exit(ended)


def _prices(path: Path | None) -> PriceSettings:
    return load(path).settings.prices if path else PriceSettings()


def _archived(data: Path | None, config: Path | None) -> Iterator[bytes]:
    from lanner.archive.export import export_lines  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    return export_lines(Archive.open(settings, folder, create=False))


class _Reader:
    """Gives each line to all simulations; each line is decoded once."""

    def __init__(self, simulations: list[Simulation]) -> None:
        self._simulations = simulations
        self._lines = 0

    def read(self, paths: list[Path], archived: Iterator[bytes] | None) -> int:
        """Read all; returns an exit code: 0, that of a damaged log, or that of an interruption."""
        code = 0
        with ExitStack() as stack:
            advance = stack.enter_context(progress("simulate", total_bytes(paths)))
            try:
                for path in paths:
                    code = max(code, read_log(path, self._add, advance))
                for line in archived or ():
                    self._add(line)
            except KeyboardInterrupt:
                note(f"interrupted: this is what {self._lines} lines give")
                return INTERRUPTED
        return code

    def _add(self, line: bytes) -> None:
        self._lines += 1
        decoded = decode(line)
        for simulation in self._simulations:
            simulation.add_decoded(decoded)


def _print(simulations: list[Simulation], options: dict[str, Any], top: int, format_: Format) -> None:
    limit = None if format_ is Format.json else top
    summaries = [summarize(simulation, top=limit, **options) for simulation in simulations]
    compared = compare(*simulations, top=limit) if len(simulations) == 2 else None
    if format_ is Format.json:
        for summary in summaries:
            print_json(summary)
        if compared:
            print_json({"comparison": compared})
        return
    for summary in summaries:
        print("\n".join(summary_lines(summary)))
    if compared:
        print("\n".join(comparison_lines(compared, summaries[0], summaries[1])))
