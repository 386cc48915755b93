"""lanner run: all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lanner.cli.console import note
from lanner.errors import UsageError
from lanner.settings import LoadedSettings, load

CANDIDATES = ("lanner.yaml", "/etc/lanner/lanner.yaml", "falco.yaml", "/etc/falco/falco.yaml")


def run(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="lanner.yaml, or a falco.yaml that works unchanged.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for state, spool and archive; overrides the file.")
    ] = None,
) -> None:
    """Detect, alert and archive until Ctrl-C, which drains; SIGHUP reads the rules again without losing an event."""
    from lanner.pipeline import logs, supervisor  # noqa: PLC0415  # keeps --help quick

    loaded = find_settings(config)
    settings = loaded.settings
    if data is not None:
        settings = msgspec.structs.replace(settings, data=str(data.absolute()))
    logs.configure(settings.log_level)
    for remark in loaded.notes:
        note(str(remark))
    if not settings.sources:
        raise UsageError("no source of audit events is configured; name one under `sources:` in lanner.yaml")
    if settings.web.enabled:
        note(f"web page: http://{settings.web.listen}/")
    raise typer.Exit(supervisor.run(settings))


def find_settings(config: Path | None) -> LoadedSettings:
    """Load the file named, else the first usual one that exists; raises UsageError when there is none."""
    if config is not None:
        return load(config)
    for candidate in CANDIDATES:
        if Path(candidate).exists():
            note(f"settings: {candidate}")
            return load(Path(candidate))
    raise UsageError(f"no settings found ({', '.join(CANDIDATES)}); write one with `lanner init` or name it with -c")
