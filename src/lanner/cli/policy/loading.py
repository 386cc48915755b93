"""Loads a policy that a verb works with, or ends the command with what kube-apiserver says against it."""

from __future__ import annotations

from pathlib import Path

import typer

from lanner.cli.console import Format, note, print_json
from lanner.policy.loading import LoadedPolicy, load_policy
from lanner.policy.model import Policy


def load_or_end(path: Path, format_: Format) -> Policy:
    """Return a policy that kube-apiserver would take; else say what `policy check` says and end with code 1."""
    loaded = loaded_or_end(path, format_)
    assert loaded.policy is not None
    return loaded.policy


def loaded_or_end(path: Path, format_: Format) -> LoadedPolicy:
    """Return such a policy with its text and places, or end in the same way."""
    loaded = load_policy(path)
    if loaded.policy is not None:
        return loaded
    if format_ is Format.json:
        print_json({"valid": False, "errors": [found._asdict() for found in loaded.errors]})
    for found in loaded.errors:
        place = ":".join(str(part) for part in (loaded.file, found.line, found.column) if part)
        note(f"{place}: {found.severity}: {found.message}")
    raise typer.Exit(1)
