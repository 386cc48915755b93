"""Falco's output strings: %field, %field[argument] and %transformer(field), compiled once, rendered often."""

from __future__ import annotations

from typing import Any

from lanner.audit.event import Event


class OutputError(Exception):
    """The output string cannot be compiled; `message` is Falco's, `offset` counts from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message, self.offset = message, offset


class OutputFormat:
    """One compiled output string."""

    def __init__(self, text: str) -> None:
        """Compile; raises OutputError."""
        self.text = text

    def render(self, event: Event) -> str:
        """Return the text with every field in place; absent values are <NA>. Never raises."""
        raise NotImplementedError

    def fields(self, event: Event) -> dict[str, Any]:
        """Return Falco's output_fields: each field of the output by its written name."""
        raise NotImplementedError
