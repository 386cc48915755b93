"""Secrets in a requestURI: arguments of exec and attach, and parameters of a query with telling names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from lanner.audit.redaction.arguments import secrets_in
from lanner.audit.redaction.escaped import Inner, Span, json_inner, json_string, percent_inner
from lanner.audit.redaction.values import NameTest, in_line

HINT = re2.compile(
    r"(?i)[?&](?:command|cmd)=|[?&][^=&]*(?:pass|pwd|secret|token|key|credential|auth|dsn)|eyJ[\w-]+\.eyJ|%[4-7]"
)
"""Fits every URI that may hold a secret: quick to say no."""
_WORDS = (b"command", b"cmd")
_PLACE = re.compile(rb'"requestURI"[ \t\r\n]*+:[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)


def place_of(text: bytes, uri: str) -> Span | None:
    """Return where an event's URI stands in its text as a JSON string, None where that is not seen at once."""
    found = _PLACE.search(text)
    return found.span(1) if found and json_string(found[1]) == uri.encode("utf-8", "surrogatepass") else None


def in_uri(text: bytes, start: int, end: int, is_secret: NameTest) -> Iterator[tuple[Span, bytes]]:
    """Find secrets in a URI that is a JSON string at a place of a text: where they stand there, and their clear value.

    `command` is what kubectl exec and attach send, `cmd` what the kubelet's /run takes.
    """
    uri = json_inner(text, start, end)
    words: list[Inner] = []
    for name, value in _parameters(uri.data):
        if name in _WORDS:
            words.append(value)
        elif value.data and is_secret(name):
            yield _outer(uri, value, 0, len(value.data))
    for found in secrets_in([word.data for word in words], is_secret):
        yield _outer(uri, words[found.word], found.start, found.end)
    for place in in_line(uri.data):
        yield uri.span(*place), uri.data[slice(*place)]


def _outer(uri: Inner, value: Inner, start: int, end: int) -> tuple[Span, bytes]:
    return uri.span(*value.span(start, end)), value.data[start:end]


def _parameters(uri: bytes) -> Iterator[tuple[bytes, Inner]]:
    start = uri.find(b"?") + 1
    while start:
        end = uri.find(b"&", start)
        stop = end if end >= 0 else len(uri)
        equals = uri.find(b"=", start, stop)
        if equals >= 0:
            yield percent_inner(uri, start, equals).data, percent_inner(uri, equals + 1, stop)
        start = end + 1
