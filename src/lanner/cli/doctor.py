"""lanner doctor: what is wrong with this installation and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lanner.cli.console import Format, print_json
from lanner.cli.run import find_settings
from lanner.errors import LannerError
from lanner.pipeline.checks import Finding
from lanner.settings.model import Settings


def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="lanner.yaml or falco.yaml; else the first usual one.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder; overrides the file.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only whether all parts run and alerts get out: for probes.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="json: one finding a line.")] = Format.text,
) -> None:
    """Check settings, files, disk, rules, state, archive, outputs and what runs; say what to do.

    Changes nothing. Run it as the user that lanner runs as. Exit code 1 when there is a problem.
    """
    bad = False
    for finding in _findings(config, data, quick=quick):
        bad = bad or finding.verdict == "problem"
        if format_ is Format.json:
            print_json(finding)
        else:
            _print(finding)
    if bad:
        raise typer.Exit(1)


def _findings(config: Path | None, data: Path | None, *, quick: bool) -> Iterator[Finding]:
    from lanner.pipeline.doctor import examine  # noqa: PLC0415  # keeps --help quick

    try:
        loaded = find_settings(config)
    except LannerError as error:
        yield Finding("settings", "problem", str(error), "mend the file; `lanner init -` prints one with every key")
        return
    if not quick:
        yield _settings(loaded.settings)
        for remark in loaded.notes:
            yield Finding("settings", "warning", str(remark))
    settings = loaded.settings
    if data is not None:
        settings = msgspec.structs.replace(settings, data=str(data.absolute()))
    yield from examine(settings, quick=quick)


def _settings(settings: Settings) -> Finding:
    if not settings.sources:
        return Finding("settings", "problem", "no source of audit events", "name one under `sources:` in lanner.yaml")
    return Finding("settings", "ok", f"{len(settings.sources)} sources, {len(settings.outputs)} outputs")


def _print(finding: Finding) -> None:
    first, *more = finding.message.splitlines() or [""]
    print(f"{finding.verdict:<9}{finding.check:<13}{first}")
    for line in more:
        print(f"{'':<22}{line}")
    if finding.fix and finding.verdict != "ok":
        print(f"{'':<22}-> {finding.fix}")
