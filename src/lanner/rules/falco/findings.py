"""What loading rules found: errors and warnings as data, printed only at the edge."""

from __future__ import annotations

import msgspec

from lanner.errors import UsageError
from lanner.rules.ruleset import Rule

UNUSED = ("LOAD_UNUSED_MACRO", "LOAD_UNUSED_LIST")
USED_LATER = "nothing to do: a file loaded later uses it"


class Place(msgspec.Struct, frozen=True):
    """A spot in a file; line and column count from 1, 0 where unknown."""

    file: str = ""
    line: int = 0
    column: int = 0


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """One error or warning: Falco's code and message, our place, the item it is about, and what to do about it.

    `line` and `column` count from 1, 0 where unknown; `file` is set only where it is not the result's own file.
    """

    code: str
    message: str
    line: int = 0
    column: int = 0
    item: str = ""
    hint: str = ""
    file: str = ""


class FileResult(msgspec.Struct, kw_only=True):
    """How one file loaded.

    `errors` holds the first error, as Falco gives it, and `further` those it would have given after that one is mended;
    `notes` says what was left out on purpose, such as rules of other sources.
    """

    file: str
    successful: bool
    errors: list[Finding]
    warnings: list[Finding]
    further: list[Finding] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)

    @property
    def telling(self) -> list[Finding]:
        """The warnings without what Falco calls unused until a later file uses it, or once more after each file."""
        return [
            found for found in self.warnings if found.code not in UNUSED or not (found.file or found.hint == USED_LATER)
        ]


class Loaded(msgspec.Struct, kw_only=True):
    """The rules of all files that loaded, in order, and one result a file."""

    rules: list[Rule]
    results: list[FileResult]

    @property
    def successful(self) -> bool:
        """True when every file loaded."""
        return all(result.successful for result in self.results)

    def require(self) -> list[Rule]:
        """Return the rules; raises UsageError that lists every error with its place when a file did not load."""
        errors = [(result.file, error) for result in self.results for error in result.errors]
        if errors:
            lines = [f"{file}:{error.line}:{error.column}: {error.message}" for file, error in errors]
            raise UsageError("the rules cannot be used:\n" + "\n".join(lines))
        return self.rules


class LoadError(Exception):
    """Ends the reading of a file or the compiling of an item, as Falco stops at its first error."""

    def __init__(self, code: str, message: str, place: Place, *, item: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.item, self.hint = code, message, place, item, hint

    def finding(self, file: str) -> Finding:
        """Return the error as data for the result of a file."""
        return as_finding(self.code, self.message, self.place, file, item=self.item, hint=self.hint)


def as_finding(code: str, message: str, place: Place, file: str, *, item: str = "", hint: str = "") -> Finding:
    """Make a finding for the result of `file`."""
    other = "" if place.file == file else place.file
    return Finding(code=code, message=message, line=place.line, column=place.column, item=item, hint=hint, file=other)
