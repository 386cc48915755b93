"""lanner demo: the embedded default on the shipped real log."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import typer

import lanner
from lanner.cli.console import note
from lanner.errors import GroundError, UsageError

SHIPPED = Path("examples") / "audit.jsonl.zst"
FIRST_PORT, PORTS = 8765, 50


def demo(
    log: Annotated[Path | None, typer.Option("--log", help="Another recorded audit log to play.")] = None,
    rate: Annotated[float, typer.Option("--rate", min=1.0, help="Events a second.")] = 200.0,
    port: Annotated[
        int | None, typer.Option("--port", help="Port of the web page; default: the first free one.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder to keep; default: a temporary one, removed at the end.")
    ] = None,
    as_recorded: Annotated[
        bool, typer.Option("--as-recorded", help="Keep the recorded timestamps instead of moving them to now.")
    ] = False,
) -> None:
    """Play a real kube-apiserver log with three attacks in it through all of lanner, web page included."""
    from lanner.pipeline import logs  # noqa: PLC0415  # keeps --help quick

    logs.configure("warning")
    source = log or _shipped()
    if not source.exists():
        raise UsageError(f"{source}: no such log")
    folder = data or Path(tempfile.mkdtemp(prefix="lanner-demo-"))
    try:
        code = _play(source, folder.absolute(), rate, port or _free_port(), shift=not as_recorded)
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(code)


def _play(log: Path, folder: Path, rate: float, port: int, *, shift: bool) -> int:
    from lanner.outputs.stdout import StdoutSettings  # noqa: PLC0415  # keeps --help quick
    from lanner.pipeline import supervisor  # noqa: PLC0415  # see above
    from lanner.pipeline.player import Play  # noqa: PLC0415  # see above
    from lanner.settings.model import Settings, WebSettings  # noqa: PLC0415  # see above
    from lanner.sources.file_settings import FileSettings  # noqa: PLC0415  # see above

    target = folder / "log" / "audit.log"
    settings = Settings(
        hostname="demo",
        data=str(folder),
        log_level="warning",
        sources=(FileSettings(path=str(target)),),
        outputs=(StdoutSettings(),),
        web=WebSettings(listen=f"127.0.0.1:{port}"),
    )
    note(f"lanner demo: playing {log} at {rate:.0f} events a second into {target}")
    note(f"web page: http://127.0.0.1:{port}/   (Ctrl-C ends the demo)")
    return supervisor.run(settings, play=Play(log=str(log.absolute()), target=str(target), rate=rate, shift=shift))


def _shipped() -> Path:
    """Find the log that the repository ships, from a checkout or from the folder one stands in."""
    for root in (Path(lanner.__file__).resolve().parents[2], Path.cwd()):
        if (root / SHIPPED).exists():
            return root / SHIPPED
    raise UsageError(f"the shipped log ({SHIPPED}) is not here; name a log with --log")


def _free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise GroundError(f"no free port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}; name one with --port")
