"""What stands in place of a redacted value: a salted hash, the same for the same clear value wherever it stands."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

PREFIX = b"lanner:redacted:"
MARK = re.compile(rb"lanner:redacted:[0-9a-f]{16}(?::X509SHA256=[0-9a-f]{64})?")
SALT_BYTES = 32
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*+)-----END CERTIFICATE-----")


class Marker:
    """Makes marks with one salt: who does not have it cannot try guesses against them."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def mark(self, value: bytes) -> bytes:
        """Return the mark of a clear value: keyed BLAKE2b, 64 bits in hexadecimal."""
        return PREFIX + hashlib.blake2b(value, digest_size=8, key=self._salt).hexdigest().encode()

    def mark_certificate(self, value: bytes) -> bytes:
        """Return the mark of a PEM text, with the fingerprint of its first certificate where it has one.

        The fingerprint is what kube-apiserver writes as credential-id of requests made with that certificate.
        """
        found = _CERTIFICATE.search(value)
        der = from_base64(found[1]) if found else b""
        print_ = b":X509SHA256=" + hashlib.sha256(der).hexdigest().encode() if der else b""
        return self.mark(value) + print_


def from_base64(value: bytes) -> bytes:
    """Return what base64 stands for, or the value itself where it is none; line breaks do not count (Go)."""
    try:
        return base64.b64decode(value.replace(b"\n", b"").replace(b"\r", b""), validate=True)
    except (binascii.Error, ValueError):
        return value
