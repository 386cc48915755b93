"""What commands print with: JSON lines, notes and errors on stderr, progress on a terminal only."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

STDERR = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(enum.StrEnum):
    """How a command prints its result."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="json: one JSON object a line.")]
PipelineOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--pipeline",
        metavar="FILE",
        help="A processing pipeline of pySigma's, or a folder of them, that Sigma's rules go through. Repeatable.",
    ),
]


def print_json(value: Any) -> None:
    """Print one JSON value as one line on stdout."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """Say something on stderr without markup."""
    STDERR.print(text, markup=False)


@contextmanager
def portion(label: str) -> Iterator[Any]:
    """Show how much is done on a terminal, nothing when piped; yields a function tell(share of 1)."""
    if not STDERR.is_terminal:
        yield lambda _share: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415  # for terminals alone

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=STDERR, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share, visible=share < 1.0)


@contextmanager
def progress(label: str, total: int | None, *, printing: bool = False, of: str = "bytes") -> Iterator[Any]:
    """Show a bar on a terminal, nothing when piped; yields a function advance(bytes, or what it is `of`).

    `printing` says that the command prints meanwhile: then there is no bar where stdout is a terminal, too.
    """
    if not STDERR.is_terminal or (printing and sys.stdout.isatty()):
        yield lambda _amount: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415  # see above

    speed = TransferSpeedColumn() if of == "bytes" else TextColumn(f"{{task.completed:,.0f}} {of}")
    columns = (TextColumn("{task.description}"), BarColumn(), speed, TimeRemainingColumn())
    # Redirected, what a command prints to a file or a pipe would go to the terminal instead.
    with Progress(*columns, console=STDERR, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(label, total=total)
        yield lambda amount: bar.advance(task, amount)
