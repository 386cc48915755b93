"""The salt of redaction: random bytes in the data folder, made once, for its owner's eyes only."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from lanner.config.folders import sync_folder
from lanner.errors import GroundError

BYTES = 32


def load_salt(path: Path) -> bytes:
    """Return the salt, making it where there is none; of several processes that try, one makes it for all.

    Raises GroundError when it cannot be read or made, or is damaged.
    """
    try:
        salt = _read(path) or _make(path)
    except OSError as error:
        raise GroundError(
            f"{path}: the salt of redaction cannot be used ({error.strerror}); mend the rights"
        ) from error
    if len(salt) != BYTES:
        raise GroundError(
            f"{path}: the salt of redaction has {len(salt)} bytes instead of {BYTES}; bring it back from a backup, or "
            "move it away: then a new one is made, and equal values from before and after no longer show as equal"
        )
    return salt


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _make(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(descriptor)
        _name(name, path)
    finally:
        Path(name).unlink()
    sync_folder(path.parent)
    return path.read_bytes()


def _name(temporary: str, path: Path) -> None:
    """Give a written file its name unless another process was faster: then that one's salt is the salt."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
