"""Loads a policy that a verb works with, or ends the command with what kube-apiserver says against it."""

from __future__ import annotations

from pathlib import Path

import typer

from lanner.cli.console import Format, note, print_json
from lanner.policy.loading import load_policy
from lanner.policy.model import Policy


def load_or_end(path: Path, format_: Format) -> Policy:
    """Return a policy that kube-apiserver would take; else say what `policy check` says and end with code 1."""
    loaded = load_policy(path)
    if loaded.policy is not None:
        return loaded.policy
    if format_ is Format.json:
        print_json({"valid": False, "errors": [found._asdict() for found in loaded.errors]})
    for found in loaded.errors:
        place = ":".join(str(part) for part in (loaded.file, found.line, found.column) if part)
        note(f"{place}: {found.severity}: {found.message}")
    raise typer.Exit(1)
