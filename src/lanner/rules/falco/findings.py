"""What loading rules found: errors and warnings as data, printed only at the edge."""

from __future__ import annotations

import msgspec

from lanner.rules.ruleset import Rule


class Finding(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One error or warning: Falco's code and message, our place (from 1, 0 unknown) and what to do about it."""

    code: str
    message: str
    line: int = 0
    column: int = 0
    item: str = ""
    hint: str = ""


class FileResult(msgspec.Struct, kw_only=True):
    """How one file loaded."""

    file: str
    successful: bool
    errors: list[Finding]
    warnings: list[Finding]
    notes: list[str] = msgspec.field(default_factory=list)


class Loaded(msgspec.Struct, kw_only=True):
    """The rules of all files that loaded, in order, and one result a file.

    `refused` holds why Falco would not start at all (required plugins), one sentence each.
    """

    rules: list[Rule]
    results: list[FileResult]
    refused: list[str] = msgspec.field(default_factory=list)

    @property
    def successful(self) -> bool:
        """True when every file loaded and nothing was refused."""
        return not self.refused and all(result.successful for result in self.results)
