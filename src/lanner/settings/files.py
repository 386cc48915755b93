"""Reads one YAML file of settings, bounded, with errors that name it."""

from __future__ import annotations

from pathlib import Path

from lanner.config import yamltext
from lanner.config.yamltext import Node, Scalar
from lanner.errors import GroundError, SourceError, UsageError

MAX_BYTES = 1024 * 1024


def read_document(path: Path) -> Node:
    """Return the file's only YAML document, a null scalar for an empty file.

    Raises UsageError when there is no such file, GroundError when it cannot be read, SourceError for its text.
    """
    documents = yamltext.compose(_read_text(path), str(path))
    if len(documents) > 1:
        second = documents[1]
        message = "settings are one YAML document; take out the line `---` and what follows it"
        raise SourceError(message, file=str(path), line=second.line, column=second.column)
    root = documents[0] if documents else Scalar("", quoted=False, line=1, column=1)
    if isinstance(root, yamltext.Sequence) or (isinstance(root, Scalar) and root.text):
        message = "settings are written as `key: value` lines"
        raise SourceError(message, file=str(path), line=root.line, column=root.column)
    return root


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; `lanner init {path}` writes one") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GroundError(f"{path}: cannot read the settings: {reason}") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"settings files are at most {MAX_BYTES} bytes", file=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise SourceError("not UTF-8 text; save the file as UTF-8", file=str(path), line=line, column=column) from None
