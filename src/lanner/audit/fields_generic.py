"""Fields of any event: its document by JSON pointer, its time, its place and where it came from."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable

import msgspec

from lanner.audit.event import SOURCE, Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, plain
from lanner.audit.pointer import parse_pointer
from lanner.audit.tree import DOCUMENT, REQUEST, RESPONSE, formatted, text_at, written

PLUGIN = "k8saudit"
SECOND = 1_000_000_000


def _value(argument: str | None) -> Extractor:
    keys = parse_pointer(argument or "")
    if keys[0] == "requestObject":
        return lambda event: text_at(event, REQUEST, keys[1:]) if len(event.head.request_object) else None
    if keys[0] == "responseObject":
        return lambda event: text_at(event, RESPONSE, keys[1:]) if len(event.head.response_object) else None
    return lambda event: text_at(event, DOCUMENT, keys)


def _indented(event: Event) -> str:
    return formatted(event.text.strip(), indent=2)


def _json_fields(prefix: str) -> Iterable[FieldInfo]:
    yield FieldInfo(
        name=f"{prefix}.value",
        description="what a JSON pointer finds in the event; objects and lists as JSON",
        bind=_value,
        argument="key",
        required=True,
    )
    yield plain(f"{prefix}.obj", "the whole event as indented JSON", _indented)
    yield plain(f"{prefix}.rawtime", "time of the event, nanoseconds since 1970", lambda event: str(event.time_ns))


def _clock(pattern: str, tail: Callable[[int], str]) -> Extractor:
    def extract(event: Event) -> str:
        seconds, nanoseconds = divmod(event.time_ns, SECOND)
        return time.strftime(pattern, time.gmtime(seconds)) + tail(nanoseconds)

    return extract


def _number(name: str, description: str, extract: Extractor, **kind: str) -> FieldInfo:
    return msgspec.structs.replace(plain(name, description, extract), **kind)


def _hostname(_argument: str | None) -> Extractor:
    name = os.environ.get("FALCO_HOSTNAME") or platform.node()
    return lambda _event: name


def _nanoseconds(event: Event) -> int:
    return event.time_ns


def _moment(name: str, description: str, extract: Extractor) -> FieldInfo:
    """Return a field that is a text in rules and texts, and nanoseconds since 1970 in Falco's JSON."""
    field = plain(name, f"{description}, UTC; in JSON nanoseconds since 1970", extract)
    return msgspec.structs.replace(field, in_json=_nanoseconds)


def _since_start(name: str, description: str, *, padded: bool) -> FieldInfo:
    field = _number(name, f"{description}; always absent, as a log has no beginning", lambda _: None, type="reltime")
    return msgspec.structs.replace(field, padded=padded)


def _written(event: Event) -> str:
    return written(event.text.strip())


_REST = _number("evt.rawtime.ns", "rest of evt.rawtime", lambda event: event.time_ns % SECOND, type="abstime")

GENERIC_FIELDS = (
    *_json_fields("json"),
    *_json_fields("jevt"),
    _number("evt.num", "place of the event in its stream, from 1", lambda event: event.number, type="uint64"),
    _moment("evt.time", "time of the event as hours to nanoseconds", _clock("%H:%M:%S", ".{:09d}".format)),
    _moment("evt.time.s", "time of the event as hours to seconds", _clock("%H:%M:%S", lambda _: "")),
    _moment("evt.time.iso8601", "time of the event in ISO 8601", _clock("%Y-%m-%dT%H:%M:%S", ".{:09d}+0000".format)),
    _moment("evt.datetime", "date and time of the event", _clock("%Y-%m-%d %H:%M:%S", ".{:09d}".format)),
    _moment("evt.datetime.s", "date and time of the event to seconds", _clock("%Y-%m-%d %H:%M:%S", lambda _: "")),
    _number("evt.rawtime", "nanoseconds of the event since 1970", _nanoseconds, type="abstime"),
    _number("evt.rawtime.s", "whole seconds of evt.rawtime", lambda event: event.time_ns // SECOND, type="abstime"),
    msgspec.structs.replace(_REST, padded=True),
    _since_start("evt.reltime", "nanoseconds since the capture began", padded=True),
    _since_start("evt.reltime.s", "whole seconds of evt.reltime", padded=False),
    _since_start("evt.reltime.ns", "rest of evt.reltime", padded=True),
    plain("evt.source", "name of the event's source, k8s_audit", lambda _event: SOURCE),
    _number("evt.is_async", "always false: audit events come in their turn", lambda _event: False, type="bool"),
    plain("evt.asynctype", "always absent, as evt.is_async is false", lambda _event: None),
    plain("evt.pluginname", "name of the plugin that reads this source in Falco, k8saudit", lambda _event: PLUGIN),
    plain("evt.plugininfo", "the event's text as that plugin shows it: its JSON without blanks", _written),
    FieldInfo(name="evt.hostname", description="name of this host, or what FALCO_HOSTNAME says", bind=_hostname),
)
