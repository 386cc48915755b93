"""From a line to audit events: single events, EventLists, arrays, what providers wrap; all else is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from lanner.audit.event import NO_TEXT, Event, Head, event_time, is_timestamp
from lanner.audit.lenient import lenient_head, mended, whole_escapes
from lanner.audit.providers import Part, open_document, open_text

MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_ARRAY_DEPTH = 8
USUAL_VERSIONS = frozenset({"audit.k8s.io/v1", "audit.k8s.io/v1beta1", None})
UNRECOGNISED = "data not recognized as a k8s audit event"
"""Falco's words for JSON that is something else."""


class Refusal(msgspec.Struct, frozen=True):
    """A piece of input that is no audit event: why, its place in its list (0 when alone), and its text.

    What varies in a reason stands in parentheses: counts are kept by what stands before them.
    """

    reason: str
    index: int
    raw: bytes


class Decoded(msgspec.Struct, gc=False):
    """What one line held, in its order."""

    events: list[Event]
    refusals: list[Refusal]


class _EventList(msgspec.Struct):
    kind: Any = None
    items: msgspec.Raw = NO_TEXT


_decode_head = msgspec.json.Decoder(Head).decode
_decode_list = msgspec.json.Decoder(_EventList).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode

_FOLLOWING = re.compile(rb"\}\s*\{")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[{}]', re.DOTALL)

_FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(line: bytes) -> Decoded:
    """Return the events and refusals in one JSON text; each event keeps its bytes as they arrived. Never raises.

    What counts as an event follows Falco's k8saudit plugin; an item of an EventList, and a single object that has
    an auditID and a stage, need no `kind`. A blank line holds nothing. What EKS, GKE and AKS wrap events in is opened
    (see `providers`), and objects that follow one another without a newline are taken one by one.
    """
    if len(line) > MAX_LINE_BYTES:
        return _decode_other(line)
    try:
        head = _decode_head(line)
    except _FAILURES:
        return _decode_other(line)
    if (
        head.kind == "Event"
        and head.api_version in USUAL_VERSIONS
        and is_timestamp(head.stage_timestamp or "")
        and (line.isascii() or is_utf8(line))
    ):
        return Decoded([Event(line, head)], [])
    return _decode_other(line)


def decode_again(text: bytes) -> Event | None:
    """Return the event in a text that was one before, alone or as an item of a list; None where it is none."""
    decoded = decode(text)
    if not decoded.events:
        _decode_item(decoded, text, 0, listed=True)
    return decoded.events[0] if decoded.events else None


def is_utf8(text: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode_other(line: bytes) -> Decoded:
    decoded = Decoded([], [])
    if len(line) > MAX_LINE_BYTES:
        reason = f"too long ({len(line)} bytes, {MAX_LINE_BYTES} are allowed)"
        decoded.refusals.append(Refusal(reason, 0, line))
    elif line.strip():
        _decode_into(decoded, line, 0, 0)
    return decoded


def _decode_into(decoded: Decoded, text: bytes, index: int, depth: int) -> None:
    try:
        items, depth = _items(text, depth)
    except (*_FAILURES, ValueError) as error:
        _decode_no_json(decoded, text, index, error)
        return
    if items is None:
        parts = open_document(text)
        if parts is None:
            _decode_item(decoded, text, index, listed=False)
        else:
            _decode_parts(decoded, parts)
        return
    for number, item in enumerate(items):
        if depth:
            _decode_into(decoded, bytes(item), number, depth)
        else:
            _decode_item(decoded, bytes(item), number, listed=True)


def _decode_no_json(decoded: Decoded, text: bytes, index: int, error: Exception) -> None:
    parts, documents = open_text(text), _documents(text)
    if parts is not None:
        _decode_parts(decoded, parts)
    elif len(documents) > 1:
        for number, document in enumerate(documents):
            _decode_into(decoded, document, number, 0)
    else:
        decoded.refusals.append(Refusal(_reason(error, text), index, text))


def _decode_parts(decoded: Decoded, parts: Sequence[Part]) -> None:
    """Take the events of a provider's text; of what is refused it is the provider's text that is shown."""
    for index, part in enumerate(parts):
        if part.problem:
            decoded.refusals.append(Refusal(f"{UNRECOGNISED}: {part.problem}", index, part.line))
            continue
        found = Decoded([], [])
        _decode_item(found, part.text, index, listed=False)
        for event in found.events:
            event.line, event.cluster = part.line, part.cluster
        decoded.events += found.events
        decoded.refusals += [Refusal(refusal.reason, index, part.line) for refusal in found.refusals]


def _documents(text: bytes) -> list[bytes]:
    """Cut objects that follow one another, as Firehose writes them; what is left after the last whole one is the last.

    It looks at braces and strings only, once, whatever the text is.
    """
    if not _FOLLOWING.search(text):
        return []
    found: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        depth += (mark == b"{") - (mark == b"}")
        if depth <= 0 and mark == b"}":
            found.append(text[start : token.end()].strip())
            start, depth = token.end(), 0
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _items(text: bytes, depth: int) -> tuple[Iterable[bytes | msgspec.Raw] | None, int]:
    """Return the parts of an array (one level deeper) or of an EventList (level 0), None for anything else."""
    try:
        return _split(text, depth)
    except msgspec.DecodeError:
        fixed = whole_escapes(text)
        if fixed == text:
            raise
    items, depth = _split(fixed, depth)
    return None if items is None else _slices(text, fixed, items), depth


def _slices(text: bytes, fixed: bytes, items: Iterable[msgspec.Raw]) -> Iterator[bytes]:
    """Give the parts as they are in the text, whose mended form has them at the same places."""
    end = 0
    for item in items:
        start = fixed.index(item, end)
        end = start + len(item)
        yield text[start:end]


def _split(text: bytes, depth: int) -> tuple[Iterable[msgspec.Raw] | None, int]:
    if text.lstrip()[:1] == b"[":
        if depth >= MAX_ARRAY_DEPTH:
            raise ValueError(f"{UNRECOGNISED}: arrays nested deeper than {MAX_ARRAY_DEPTH}")
        return _decode_array(text), depth + 1
    document = _decode_list(text)
    if document.kind != "EventList":
        return None, depth
    if bytes(memoryview(document.items)[:1]) != b"[":
        raise ValueError(f"{UNRECOGNISED}: an EventList without items")
    return _decode_array(document.items), 0


def _decode_item(decoded: Decoded, text: bytes, index: int, *, listed: bool) -> None:
    try:
        _decode_single(decoded, text, listed=listed)
    except (*_FAILURES, ValueError) as error:
        decoded.refusals.append(Refusal(_reason(error, text), index, text))


def _decode_single(decoded: Decoded, text: bytes, *, listed: bool) -> None:
    try:
        decoded.events.append(Event(text, _head(text, listed=listed)))
    except (*_FAILURES, ValueError):
        event = _mended_event(text, listed=listed)
        if event is None:
            raise
        decoded.events.append(event)


def _mended_event(text: bytes, *, listed: bool) -> Event | None:
    """Return the event in a text that is no Unicode in places; None where that is not all that is wrong."""
    fixed = mended(text)
    try:
        return None if fixed == text else Event(text, _head(fixed, listed=listed), mended=fixed)
    except (*_FAILURES, ValueError):
        return None


def _head(text: bytes, *, listed: bool) -> Head:
    text.decode()
    try:
        head = _decode_head(text)
    except msgspec.ValidationError:
        head = lenient_head(text)
    problem = _problem(head, listed=listed)
    if problem:
        raise ValueError(f"{UNRECOGNISED}: {problem}")
    return head


def _problem(head: Head, *, listed: bool) -> str | None:
    if (listed or head.kind == "Event") and is_timestamp(head.stage_timestamp or ""):
        return None  # all that Falco asks for
    if head.kind not in ("Event", None):
        return f"its kind is another ({head.kind[:80]!r})"
    if head.kind is None and not listed and not (head.audit_id and head.stage):
        return "it has no kind"
    if not (head.api_version is None or head.api_version.startswith("audit.k8s.io/")):
        return f"its apiVersion is another ({str(head.api_version)[:80]!r})"
    time = event_time(head)
    if time is None:
        return "it has no stageTimestamp"
    return None if is_timestamp(time) else f"its time is none ({time[:80]!r})"


_TYPE_ERROR = re.compile(r"Expected `(?P<wanted>.+)`, got `(?P<found>.+?)`(?: - at `\$\.?(?P<path>.+)`)?")


def _reason(error: Exception, text: bytes) -> str:
    """Say in a user's words what was wrong and where."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: byte 0x{error.object[error.start]:02x} (byte {_utf8_fault(text)})"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, msgspec.ValidationError):
        return _type_reason(str(error))
    if isinstance(error, msgspec.DecodeError):
        return _syntax_reason(str(error), text)
    return str(error)


def _utf8_fault(text: bytes) -> int:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _type_reason(message: str) -> str:
    found = _TYPE_ERROR.fullmatch(message)
    if found is None:
        return f"{UNRECOGNISED}: {message}"
    if found["path"] is None:
        return f"{UNRECOGNISED}: it is {found['found']}, not an object"
    wanted = found["wanted"].removesuffix(" | null")
    return f"{UNRECOGNISED}: {found['path']} is {found['found']}, not {wanted}"


def _syntax_reason(message: str, text: bytes) -> str:
    if "truncated" in message:
        return f"not JSON: truncated (byte {len(text)})"
    if b"\0" in text:
        return f"not JSON: NUL byte (byte {text.index(0)})"
    return "not JSON: " + message.removeprefix("JSON is malformed: ")
