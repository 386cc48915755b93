"""Says in words what is wrong with the ground the archive stands on, and how to mend it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from lanner.archive.remote_errors import remote_text
from lanner.errors import GroundError, LannerError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class OvertakenError(GroundError):
    """Files that a commit wanted to replace were replaced by another commit; nothing was changed."""

    def __init__(self, folder: Path, kind: str) -> None:
        super().__init__(f"{folder}: {kind}: another commit has replaced the same files meanwhile; try it again")


@contextmanager
def grounded(folder: Path) -> Iterator[None]:
    """Turn failures of disk, catalog and network into GroundError."""
    try:
        yield
    except LannerError:
        raise
    except Exception as error:
        text = remote_text(error) or _local_text(error, folder)
        if text is None:
            raise
        raise GroundError(text) from error


def _local_text(error: Exception, folder: Path) -> str | None:
    if isinstance(error, DBAPIError):
        return _catalog_text(str(error.orig), folder)
    return _disk_text(error, folder) if isinstance(error, OSError) else None


def _disk_text(error: OSError, folder: Path) -> str:
    place = error.filename or folder
    if error.errno in _FULL:
        return f"{folder}: no space left on the disk; free some, nothing of this commit was archived"
    if error.errno in _FORBIDDEN:
        return f"{place}: cannot write ({error.strerror}); make it writable for this user or name another folder"
    if error.errno == errno.ENOENT:
        return f"{place}: this file of the archive is gone; restore it, or was the archive moved from another folder?"
    return f"{place}: the archive's disk failed: {error.strerror or error}"


def _catalog_text(reason: str, folder: Path) -> str:
    file = folder / "catalog.db"
    if "malformed" in reason or "not a database" in reason:
        return (
            f"{file}: the archive's catalog is damaged ({reason}); stop lanner and move this file away: "
            "the next start makes it anew from the warehouse folder beside it, where the events are"
        )
    if "full" in reason:
        return f"{file}: no space left on the disk; free some, nothing of this commit was archived"
    if "readonly" in reason or "unable to open" in reason:
        return f"{file}: cannot write ({reason}); make the folder writable for this user"
    return f"{file}: the archive's catalog failed: {reason}"
