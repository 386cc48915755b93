"""What kube-apiserver would have written of an event under another decision: whether, and which bytes of it.

The rules are those of k8s.io/apiserver (pkg/audit/request.go, context.go; pkg/endpoints/filters/audit.go): bodies are
set by level, patches keep their text, managedFields leave objects, items of lists and rows of tables.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event, Head
from lanner.policy.model import LEVELS, Decision, Level

REQUEST_KEY = b',"requestObject":'
RESPONSE_KEY = b',"responseObject":'
_MANAGED = b'"managedFields":'
_LEVEL_OF = {text: Level(number) for number, text in enumerate(LEVELS)}
_WITH_BODY = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_STREAMS = frozenset({"exec", "attach", "portforward", "proxy", "log"})
"""Subresources whose answer is a stream, which is never logged; only a refusal is an object."""


_BLANKS = re.compile(rb'":\s|[{,]\s')
_BEGINNING = 64
"""Bytes in which blanks between keys show; Go begins with kind and apiVersion."""


class Projection(NamedTuple):
    """What is left of an event: `bytes` with the newline, 0 where `cause` says why nothing is.

    `request`, `response` and `managed` are the bytes that fell away with bodies and managed fields.
    `no_request`, `no_response` say that the policy asks for a body which the log was never given.
    """

    bytes: int
    cause: str
    request: int = 0
    response: int = 0
    managed: int = 0
    no_request: bool = False
    no_response: bool = False


_NO_LEVEL = Projection(0, "level None")
_NO_STAGE = Projection(0, "stage omitted")


def project(event: Event, decision: Decision) -> Projection:
    """Return what a decision leaves of an event."""
    level = decision.level
    if level is Level.NONE:
        return _NO_LEVEL
    if event.head.stage in decision.omit_stages:
        return _NO_STAGE
    event = _without_blanks(event)
    head = event.head
    logged = level_of(head)
    request = _dropped(head.request_object, REQUEST_KEY) if level < Level.REQUEST else 0
    response = _dropped(head.response_object, RESPONSE_KEY) if level < Level.REQUEST_RESPONSE else 0
    managed = managed_bytes(head, level) if decision.omit_managed_fields else 0
    left = len(_at_level(event, level)) + 1 - request - response - managed
    if level <= logged:
        return Projection(left, "", request, response, managed)
    return Projection(left, "", request, response, managed, *_never_logged(head, logged, level))


def line_of(event: Event, decision: Decision) -> bytes | None:
    """Return the line that kube-apiserver would have written, without newline; None where it writes none.

    A body that the log lacks stays absent; its length is that of `project`.
    """
    level = decision.level
    if level is Level.NONE or event.head.stage in decision.omit_stages:
        return None
    event = _without_blanks(event)
    head, line = event.head, _at_level(event, level)
    for key, body, needed in (
        (REQUEST_KEY, head.request_object, Level.REQUEST),
        (RESPONSE_KEY, head.response_object, Level.REQUEST_RESPONSE),
    ):
        if len(body):
            text = bytes(body)
            if level < needed:
                line = line.replace(key + text, b"", 1)
            elif decision.omit_managed_fields and not (key is REQUEST_KEY and head.verb == "patch"):
                line = line.replace(key + text, key + without_managed_fields(text), 1)
    return line


def _without_blanks(event: Event) -> Event:
    """Return an event in Go's form: shippers that write JSON anew put blanks where kube-apiserver has none."""
    if not _BLANKS.search(event.text, 0, _BEGINNING):
        return event
    compact = decode(msgspec.json.format(event.text, indent=-1)).events
    return compact[0] if len(compact) == 1 else event


def _at_level(event: Event, level: Level) -> bytes:
    was, new = f'"level":"{event.head.level}"', f'"level":"{level.text}"'
    return event.text.replace(was.encode(), new.encode(), 1)


def level_of(head: Head) -> Level:
    """Return the level an event was logged at; one without a level hides nothing that could be known."""
    return _LEVEL_OF.get(head.level or "", Level.REQUEST_RESPONSE)


def _dropped(body: msgspec.Raw, key: bytes) -> int:
    return len(body) + len(key) if len(body) else 0


def _never_logged(head: Head, logged: Level, level: Level) -> tuple[bool, bool]:
    """Say of which bodies kube-apiserver would have had one for an event that was logged at a lower level."""
    if head.stage not in ("ResponseStarted", "ResponseComplete"):
        return False, False
    stream = head.object_ref is not None and head.object_ref.subresource in _STREAMS
    request = logged < Level.REQUEST <= level and head.object_ref is not None and head.verb in _WITH_BODY
    response = level is Level.REQUEST_RESPONSE and _answers(head, stream=stream)
    return request and not stream, response


def _answers(head: Head, *, stream: bool) -> bool:
    code = (head.response_status.code if head.response_status else None) or 0
    if code >= 400:
        return head.object_ref is not None or code < 500
    if stream or head.verb == "watch" or head.stage == "ResponseStarted":
        return False
    return head.object_ref is not None or (head.request_uri or "").startswith(("/api/", "/apis/"))


class _Part(msgspec.Struct, gc=False):
    metadata: dict[str, msgspec.Raw] | None = None


class _Row(msgspec.Struct, gc=False):
    object: _Part | None = None


class _Body(msgspec.Struct, gc=False):
    metadata: dict[str, msgspec.Raw] | None = None
    items: list[_Part] | None = None
    rows: list[_Row] | None = None


_decode_body = msgspec.json.Decoder(_Body).decode


def managed_bytes(head: Head, level: Level) -> int:
    """Return how many bytes omitManagedFields takes from the bodies that a level keeps."""
    count = 0
    if level >= Level.REQUEST and head.verb != "patch":
        count = managed_bytes_of(head.request_object)
    return count + (managed_bytes_of(head.response_object) if level is Level.REQUEST_RESPONSE else 0)


def managed_bytes_of(body: msgspec.Raw | bytes) -> int:
    """Return how many bytes a body's managed fields take, with their key and comma."""
    return sum(len(value) + len(_MANAGED) + comma for value, comma in _managed(body))


def without_managed_fields(body: bytes) -> bytes:
    """Return a body without the managed fields of its object, items or rows; else byte for byte as it is."""
    for value, comma in _managed(body):
        key = _MANAGED + bytes(value)
        forms = (b"," + key, key + b",") if comma else (key,)
        body = body.replace(next((form for form in forms if form in body), key), b"", 1)
    return body


def _managed(body: msgspec.Raw | bytes) -> list[tuple[msgspec.Raw, int]]:
    """Return each managedFields value, and 1 where a comma goes with it."""
    if not len(body) or bytes(body).find(_MANAGED) < 0:
        return []
    try:
        found = _decode_body(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    parts: list[Any] = [found, *(found.items or ()), *(row.object for row in found.rows or () if row.object)]
    held = [part.metadata for part in parts if part.metadata and "managedFields" in part.metadata]
    return [(metadata["managedFields"], int(len(metadata) > 1)) for metadata in held]
