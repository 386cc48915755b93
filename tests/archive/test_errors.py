"""Failures of the ground are told with their place and what to do."""

import errno
import sqlite3
from pathlib import Path

import pytest
from pyiceberg.exceptions import RESTError
from sqlalchemy.exc import OperationalError

from lanner.archive.errors import grounded
from lanner.errors import GroundError


def database(text):
    return OperationalError("SELECT", {}, sqlite3.OperationalError(text))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "full"), "/a: no space left"),
        (OSError(errno.EROFS, "read-only", "/a/b"), "/a/b: cannot write"),
        (OSError(errno.ENOENT, "none", "/a/b"), "/a/b: this file of the archive is gone"),
        (OSError(errno.EIO, "broken"), "/a: the archive's disk failed: broken"),
        (database("database disk image is malformed"), "move this file away"),
        (database("file is not a database"), "damaged"),
        (database("database or disk is full"), "no space left"),
        (database("attempt to write a readonly database"), "make the folder writable"),
        (database("disk I/O error"), "catalog failed: disk I/O error"),
        (RESTError("no"), "archive.catalog"),
    ],
)
def test_each_failure_has_its_words(error, words):
    """Disk, catalog and network failures become one kind of error."""
    with pytest.raises(GroundError, match=words), grounded(Path("/a")):
        raise error
