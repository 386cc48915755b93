"""What a loaded rule is, whichever language it was written in."""

from __future__ import annotations

import msgspec

from lanner.audit.event import SOURCE
from lanner.rules import ir

PRIORITIES = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug")
"""Falco's priorities as it prints them, most severe first."""


class Rule(msgspec.Struct, kw_only=True, frozen=True):
    """One rule, ready to compile: macros, lists and exceptions are already inside `condition`.

    `condition_text` is the condition as its author wrote it (appended parts included, exceptions left out);
    `priority` is one of PRIORITIES; `line` counts from 1. `filters` are the titles of Sigma's filters in the condition,
    `named` the parts of it that its author gave a name, where they are more than one.
    """

    name: str
    description: str
    condition: ir.Condition
    condition_text: str
    output: str
    priority: str
    tags: tuple[str, ...] = ()
    source: str = SOURCE
    enabled: bool = True
    file: str = ""
    line: int = 0
    filters: tuple[str, ...] = ()
    named: tuple[tuple[str, ir.Condition], ...] = ()
