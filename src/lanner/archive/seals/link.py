"""One link of the chain: what a commit did, bound to the link before it, signed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lanner.archive.seals.content import Content, check_content, read_sum

START = "0" * 64
"""What the first link says of the one before it."""

APPEND, EXPIRE, TIER = "append", "expire", "tier"


Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class SealedFile(msgspec.Struct, frozen=True):
    """A data file as it was when it came: `entry` is the digest of what the manifest says of it."""

    name: str
    sha256: str
    bytes: int
    entry: str
    content: Content


class Tombstone(msgspec.Struct, frozen=True):
    """Rows that were deleted as planned: by which part of the policy, how many, of which times, and their sum."""

    why: str
    rows: int
    sum: str
    first: Moment | None = None
    last: Moment | None = None

    @property
    def number(self) -> int:
        """The sum as a number."""
        return read_sum(self.sum)


class Link(msgspec.Struct, frozen=True):
    """One commit; `previous` is the hash of the link before, `table` and `says` are from `entry`."""

    number: int
    previous: str
    time: Moment
    kind: str
    table: str
    says: str
    added: tuple[SealedFile, ...] = ()
    removed: tuple[str, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    key: str = ""
    signature: str = ""

    def line(self) -> bytes:
        """Return the link as it stands in the chain, one line of JSON without newline."""
        return _ENCODER.encode(self)

    def body(self) -> bytes:
        """Return what is signed."""
        return _ENCODER.encode(msgspec.structs.replace(self, signature=""))

    def hash(self) -> str:
        """Return the SHA-256 of the whole line: the next link and anchors name it."""
        return hashlib.sha256(self.line()).hexdigest()


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Link)


def read_link(line: bytes) -> Link:
    """Read one line of the chain; raises ValueError when it is no link or not written as lanner writes it."""
    link = _DECODER.decode(line)
    if link.line() != line:
        raise ValueError("not written as lanner writes it")
    for file in link.added:
        check_content(file.content)
    for tomb in link.tombstones:
        read_sum(tomb.sum)
    return link


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of the SHA-256 of a public key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign(link: Link, key: Ed25519PrivateKey) -> Link:
    """Return the link with the key's fingerprint and its signature."""
    named = msgspec.structs.replace(link, key=fingerprint(key.public_key()))
    signature = base64.b64encode(key.sign(named.body())).decode()
    return msgspec.structs.replace(named, signature=signature)


def is_signed(link: Link, key: Ed25519PublicKey) -> bool:
    """Say whether this key signed the link."""
    try:
        key.verify(base64.b64decode(link.signature), link.body())
    except (InvalidSignature, ValueError):
        return False
    return True
