"""Secrets that their own form gives away: tokens, private keys, passwords in URLs, assignments in texts."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

import re2

from lanner.audit.redaction.escaped import Span

NameTest = Callable[[bytes], bool]

_JWT = rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
_KEY = rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_KEY_KINDS = (b"", b"RSA ", b"EC ", b"DSA ", b"OPENSSH ", b"ENCRYPTED ")


def _encoded_beginning(kind: bytes) -> bytes:
    begin = b"-----BEGIN " + kind + b"PRIVATE KEY-----"
    return re.escape(base64.b64encode(begin[: len(begin) // 3 * 3]))


_ENCODED_KEY = b"(?:" + b"|".join(map(_encoded_beginning, _KEY_KINDS)) + rb")[A-Za-z0-9+/=]+"

IN_LINES = re.compile(
    rb"(?P<jwt>" + _JWT + rb")|(?P<encoded>" + _ENCODED_KEY + rb")|"
    rb"(?P<key>" + _KEY + rb'(?>(?!-----END )(?:[^"\\]|\\.))*+(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?)',
    re.DOTALL,
)
"""Tokens and private keys in the JSON text of an event; a key ends with its string at the latest."""

_TOKENS = re2.compile(_JWT)
_FORMS = re2.compile(
    rb"(?i:\b(?:bearer|basic)[ \t]+)([A-Za-z0-9._~+/=-]{8,})"
    rb"|[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@'\"]*:([^\s/@'\"]+)@"
    rb"|(" + _JWT + rb")"
    rb"|(" + _ENCODED_KEY + rb")"
    rb"|(" + _KEY + rb"[^-]*(?:-{1,4}[^-]+)*(?:-----END [A-Z0-9 ]*-----)?)"
    rb"|\b((?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}"
    rb"|glpat-[A-Za-z0-9_-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,}|hvs\.[A-Za-z0-9_-]{20,}|sk_live_[A-Za-z0-9]{16,}"
    rb"|npm_[A-Za-z0-9]{36})\b"
)
_ASSIGNED = re2.compile(
    rb"(?i)([\w.-]*(?:pass|pwd|secret|token|credential|key|auth|connstr|connectionstring|dsn)[\w.-]*)"
    rb"[\"']?[ \t]*(?:=>|:=|=|:)[ \t]*(?:(?:bearer|basic|negotiate)[ \t]+)?"
    rb"(?:\"((?:[^\"\\\n]|\\.)+)\"|'([^'\n]+)'|([^\s\"',;&|})\]]+))"
)
_NO_SECRETS = frozenset((b"true", b"false", b"null", b"none", b"nil", b"yes", b"no", b"on", b"off", b"|", b">", b"|-"))
_REFERENCES = (b"$", b"{{", b"<")


def in_line(text: bytes) -> Iterator[Span]:
    """Find JSON Web Tokens in a text."""
    return (found.span() for found in _TOKENS.finditer(text))


def in_text(text: bytes, is_secret: NameTest) -> Iterator[Span]:
    """Find secrets in a text of any kind; those behind names (`password: x`) where `is_secret` says so of the name."""
    for found in _FORMS.finditer(text):
        yield found.span(found.lastindex)
    for found in _ASSIGNED.finditer(text):
        start, end = found.span(found.lastindex)
        if says_something(text[start:end]) and is_secret(found[1]):
            yield start, end


def says_something(value: bytes) -> bool:
    """Say whether a value may be a secret: it is no switch, and no reference such as `$(PASSWORD)`."""
    return value.lower() not in _NO_SECRETS and not value.startswith(_REFERENCES)
