"""The key pair that signs the chain: made on first use, the private half readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lanner.archive.catalog import file_lock
from lanner.archive.settings import SealSettings
from lanner.config.folders import sync_folder
from lanner.errors import GroundError, UsageError

FOLDER, PRIVATE = "seals", "seal.key"
_PEM = serialization.Encoding.PEM


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Read the private key, or make it with its public half beside it; raises GroundError, UsageError."""
    try:
        with file_lock(path.with_name(f"{path.name}.lock"), wait=True):
            if not path.exists():
                _make(path)
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise GroundError(f"{path}: cannot read or make the key that seals: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path}: no private key in PEM form without password; see archive.seals.key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: not an Ed25519 key; make one with openssl genpkey -algorithm ed25519")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key in PEM form; raises GroundError, UsageError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise GroundError(f"{path}: cannot read the public key: {error.strerror}; name it by --key") from error
    except ValueError as error:
        raise UsageError(f"{path}: no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: not an Ed25519 key")
    return key


def key_path(settings: SealSettings, folder: Path) -> Path:
    """Return where the private key is; `folder` is the archive's."""
    return Path(settings.key) if settings.key else folder / FOLDER / PRIVATE


def public_path(settings: SealSettings, folder: Path) -> Path:
    """Return where the public key is."""
    return key_path(settings, folder).with_suffix(".pub")


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as PEM."""
    return key.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _make(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    plain = serialization.NoEncryption()
    _write(path, key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain), 0o600)
    _write(path.with_suffix(".pub"), public_text(key.public_key()).encode(), 0o644)
    sync_folder(path.parent)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a whole file or none: a half key would stop every commit."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
