"""The errors that end a command; each says where, what and how to mend it."""

from __future__ import annotations


class LannerError(Exception):
    """A failure to be shown to the user as text, without a traceback."""

    exit_code = 1


class UsageError(LannerError):
    """What the user wrote cannot be used (exit code 2)."""

    exit_code = 2


class GroundError(LannerError):
    """Disk, network or permission failed (exit code 3)."""

    exit_code = 3


class SourceError(UsageError):
    """A mistake in a text file, with its place; line and column count from 1, 0 where unknown."""

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        self.message, self.file, self.line, self.column = message, file, line, column
        place = ":".join(str(part) for part in (file, line, column) if part)
        super().__init__(f"{place}: {message}" if place else message)
