"""Says in words what is wrong with the ground the archive stands on, and how to mend it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyiceberg.exceptions import RESTError
from sqlalchemy.exc import DBAPIError

from lanner.errors import GroundError

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
    except DBAPIError as error:
        raise GroundError(_catalog_text(str(error.orig), folder)) from error
    except RESTError as error:
        raise GroundError(f"the archive's catalog refuses: {error}; see archive.catalog") from error
    except OSError as error:
        raise GroundError(_disk_text(error, folder)) from error


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
