"""`lanner rules coverage`: which techniques of ATT&CK and of the Kubernetes matrix the rules see."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, note, print_json
from lanner.cli.rules.loading import load
from lanner.errors import GroundError
from lanner.outputs.form import escape_controls
from lanner.rules.attack import OTHER, Matrix, Seen, navigator_layer, seen_techniques
from lanner.rules.guidance import load_guidance
from lanner.rules.matrices import ATTACK_TACTICS, KUBERNETES_TACTICS

_HEADS: dict[Matrix, tuple[str, tuple[str, ...]]] = {
    "attack": ("MITRE ATT&CK, containers", (*ATTACK_TACTICS, OTHER)),
    "kubernetes": ("Microsoft's threat matrix for Kubernetes", (*KUBERNETES_TACTICS, OTHER)),
}


def coverage(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Rule files or folders; default: the built-in rules."),
    ] = None,
    navigator: Annotated[
        Path | None,
        typer.Option("--navigator", metavar="FILE", help="Write a layer for MITRE's ATT&CK Navigator to this file."),
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Show which techniques of MITRE ATT&CK and of Microsoft's Kubernetes matrix the enabled rules see, and which not.

    By the rules' tags (T1552.007, attack.t1552.007) and the matrix ids in the guidance beside them. That a rule names a
    technique says that it sees one form of it, not all.
    """
    paths = files or [content.FOLDER]
    loaded = load(paths)
    seen = seen_techniques([*loaded.rules, *loaded.correlations], load_guidance(paths))
    if navigator is not None:
        _write(navigator, seen)
    if format_ is Format.json:
        for row in seen:
            print_json(msgspec.to_builtins(row))
        return
    for line in _table(seen):
        sys.stdout.write(escape_controls(line) + "\n")


def _write(path: Path, seen: Sequence[Seen]) -> None:
    layer = navigator_layer(seen, "lanner")
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(layer)) + b"\n")
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error
    note(f"{path}: a layer with {len(layer['techniques'])} techniques")


def _table(seen: Sequence[Seen]) -> Iterator[str]:
    for matrix, (head, tactics) in _HEADS.items():
        rows = [row for row in seen if row.matrix == matrix]
        yield f"{head}: {sum(bool(row.rules) for row in rows)} of {len(rows)} techniques"
        for tactic in tactics:
            below = [row for row in rows if tactic in row.tactics]
            if below:
                yield f"  {tactic}"
                yield from map(_row, below)


def _row(row: Seen) -> str:
    return f"    {row.id:<10} {row.name:<66} {len(row.rules) or '-':>3}  {'; '.join(row.rules)}".rstrip()
