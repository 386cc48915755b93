"""Loads the rules that a verb works on; what is wrong with them is told as `rules check` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lanner.errors import UsageError
from lanner.rules.falco.findings import FileResult
from lanner.rules.loading import LoadedRules, load_files


def load(paths: list[Path], pipelines: list[Path] | None = None) -> LoadedRules:
    """Load rules; raises UsageError with the first errors when a file does not load."""
    loaded = load_files(paths, pipelines or [])
    errors = [line.strip() for result in loaded.results if not result.successful for line in as_text(result)]
    if errors:
        raise UsageError("the rules do not load:\n  " + "\n  ".join(errors))
    return loaded


def as_text(result: FileResult) -> Iterator[str]:
    """Give the lines that show one file's result: its findings with their places, hints and notes."""
    yield f"{result.file}: {'ok' if result.successful else 'FAILED'}"
    for kind, findings in (("error", result.errors + result.further), ("warning", result.telling)):
        for found in findings:
            place = f"{found.file or result.file}:{found.line}:{found.column}"
            about = f" ({found.item})" if found.item else ""
            yield f"  {place}: {kind}: {found.message or found.code}{about} [{found.code}]"
            if found.hint:
                yield f"      {found.hint}"
    for text in result.notes:
        yield f"  note: {text}"
