"""`lanner init`: write a lanner.yaml with every key explained."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lanner.cli.console import note
from lanner.errors import GroundError, UsageError
from lanner.settings.sample import sample

_PATH = typer.Argument(help="The file to write; a folder gets lanner.yaml in it; - prints to standard output.")
_FORCE = typer.Option("--force", help="Write over a file that is there.")


def init(
    path: Annotated[Path, _PATH] = Path("lanner.yaml"),
    force: Annotated[bool, _FORCE] = False,
) -> None:
    """Write a lanner.yaml in which every setting stands with its default and what it does."""
    if str(path) == "-":
        print(sample(), end="")
        return
    target = path / "lanner.yaml" if path.is_dir() else path
    _write(target, sample(), force=force)
    note(f"{target} is written. Set sources.path to your audit log, then: lanner run -c {target}")


def _write(target: Path, text: str, *, force: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True)
        # Settings may come to hold tokens, so only their owner reads them.
        descriptor = os.open(target, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if not target.exists():
            raise GroundError(f"{target}: cannot write the settings: {target.parent} is no folder") from None
        raise UsageError(f"{target} is there already; `lanner init --force {target}` writes over it") from None
    except OSError as error:
        raise GroundError(f"{target}: cannot write the settings: {error.strerror or error}") from error
