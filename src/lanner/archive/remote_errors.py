"""Says in words what is wrong with a catalog's server or an object store, and which setting mends it."""

from __future__ import annotations

import re

import requests
from pyiceberg.exceptions import (
    AuthorizationExpiredError,
    ForbiddenError,
    NotInstalledError,
    OAuthError,
    RESTError,
    UnauthorizedError,
)
from sqlalchemy.exc import DBAPIError

_AWS = re.compile(r"AWS Error (\w+) during (\w+) operation(?:: (.*))?", re.DOTALL)
_BUCKET = re.compile(r"in bucket '([^']*)'")
_REFUSED = ("ACCESS", "FORBIDDEN", "CREDENTIAL", "TOKEN", "SIGNATURE", "AUTHENTICATION", "UNAUTHORIZED", "HTTP 403")
_UNREACHABLE = ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "SERVICE_UNAVAILABLE")
_STORE_RIGHTS = (
    "look at the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3.access-key-id and "
    "s3.secret-access-key of archive.catalog) and their right to read, write and delete there"
)
_EXTRAS = {"sql-postgres": "postgres", "glue": "glue"}
_LONGEST = 300


def remote_text(error: BaseException) -> str | None:
    """Return the words for a failure of a server; None for anything else, such as a local disk's."""
    if isinstance(error, NotInstalledError):
        return _missing_text(str(error))
    if isinstance(error, RESTError):
        return _rest_text(error)
    if isinstance(error, requests.RequestException):
        return f"the archive's catalog cannot be reached: {_short(error)}; look at archive.catalog.uri and the network"
    if isinstance(error, DBAPIError):
        return _database_text(error)
    if type(error).__module__.startswith("botocore."):
        return _glue_text(error)
    return _store_text(error) if isinstance(error, OSError) else None


def _missing_text(said: str) -> str:
    for theirs, ours in _EXTRAS.items():
        if f"[{theirs}]" in said:
            return f"what this catalog needs is not installed; pip install 'lanner[{ours}]' (archive.catalog)"
    return f"this catalog is none that lanner supports ({said}); archive.catalog.type may be sql, rest or glue"


def _rest_text(error: RESTError) -> str:
    if isinstance(error, (UnauthorizedError, ForbiddenError, AuthorizationExpiredError, OAuthError)):
        fix = "look at token or credential of archive.catalog, and what they may do"
        return f"the archive's catalog refuses: {_short(error)}; {fix}"
    return f"the archive's catalog refuses: {_short(error)}; see archive.catalog"


def _database_text(error: DBAPIError) -> str | None:
    if type(error.orig).__module__.startswith("sqlite3"):
        return None
    reason = _short(error.orig)
    return f"the archive's catalog database failed: {reason}; look at archive.catalog.uri and the server"


def _glue_text(error: BaseException) -> str:
    name, said = type(error).__name__, _short(error)
    if name in ("NoCredentialsError", "PartialCredentialsError"):
        return f"Glue refuses: {said}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this host a role"
    if name == "NoRegionError":
        return "Glue's region is not known; set AWS_REGION, or glue.region in archive.catalog"
    if name == "ClientError":
        return f"Glue refuses: {said}; look at the credentials' rights to databases and tables of Glue"
    return f"Glue cannot be reached: {said}; look at glue.endpoint and glue.region of archive.catalog and the network"


def _store_text(error: OSError) -> str | None:
    found = _AWS.search(str(error))
    if not found:
        return None
    kind, operation, bucket = found[1], found[2], _BUCKET.search(str(error))
    place = f"bucket {bucket[1]}" if bucket else "the object store"
    if kind == "NO_SUCH_BUCKET":
        return f"{place} is not there; make it, or mend archive.catalog.warehouse"
    if kind in _UNREACHABLE:
        fix = "look at s3.endpoint and s3.region of archive.catalog and the network"
        return f"{place} cannot be reached ({kind.lower()} during {operation}); {fix}"
    if any(word in f"{kind} {found[3]}" for word in _REFUSED):
        return f"{place} refuses {operation} ({kind.lower()}); {_STORE_RIGHTS}"
    return f"{place} failed: {_short(error)}"


def _short(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
