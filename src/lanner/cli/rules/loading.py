"""Loads the rules that a verb works on; what is wrong with them is told as `rules check` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lanner.errors import UsageError
from lanner.rules.falco.documents import FileResult, Loaded, link_files
from lanner.rules.falco.linker import Linker


def load(paths: list[Path]) -> Loaded:
    """Load rules; raises UsageError with the first errors when a file does not load."""
    return load_linked(paths)[0]


def load_linked(paths: list[Path]) -> tuple[Loaded, Linker]:
    """Load like load, and give the linker, which knows macros, lists and places."""
    loaded, linker = link_files(paths)
    errors = [line.strip() for result in loaded.results if not result.successful for line in as_text(result)]
    if errors:
        raise UsageError("the rules do not load:\n  " + "\n  ".join(errors))
    return loaded, linker


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
