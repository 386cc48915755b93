"""The two forms in which an alert leaves: Falco's text line and Falco's JSON object with lanner's own key."""

from __future__ import annotations

import re
import time as clock
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from lanner.config.typed import Settings
from lanner.detect.alert import Alert, time_seconds

# C0, DEL and C1 drive terminals; U+2028, U+2029 and U+0085 end lines; the bidirectional controls reorder what is read;
# lone surrogates cannot be written at all.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?Z", re.ASCII)
_SECOND = 1_000_000_000


class FormSettings(Settings):
    """How an output writes an alert; the names follow Falco's `json_include_*` keys."""

    format: Annotated[
        Literal["text", "json"],
        Meta(description="`text` is Falco's line `time: Priority output`; `json` is Falco's JSON object, one a line."),
    ] = "text"
    time: Annotated[
        Literal["local", "iso8601"],
        Meta(description="Time in text: `local` is HH:MM:SS.nnnnnnnnn, `iso8601` has the date and is UTC."),
    ] = "local"
    include_output: Annotated[bool, Meta(description="JSON: put the text line under `output`.")] = True
    include_message: Annotated[
        bool, Meta(description="JSON: put the text without time and priority under `message`.")
    ] = False
    include_output_fields: Annotated[
        bool, Meta(description="JSON: put the values of the fields that the rule names under `output_fields`.")
    ] = True
    include_tags: Annotated[bool, Meta(description="JSON: put the rule's tags under `tags`.")] = True


def escape_controls(text: str) -> str:
    """Return the text with characters that could forge a line or drive a terminal written as escapes."""
    return _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


class Moment(NamedTuple):
    """An alert's time: whole seconds since 1970 and nanoseconds."""

    seconds: int
    nanoseconds: int


def read_time(time: str) -> Moment:
    """Read an alert's time; the epoch when it is no RFC 3339 UTC time."""
    match = _TIME.fullmatch(time)
    try:
        return Moment(int(time_seconds(time)), int((match[2] or "0").ljust(9, "0"))) if match else Moment(0, 0)
    except ValueError:
        return Moment(0, 0)


def local_time(moment: Moment) -> str:
    """Write the time as Falco's `evt.time`: HH:MM:SS.nnnnnnnnn in the machine's time zone."""
    local = clock.localtime(moment.seconds)
    return f"{local.tm_hour:02d}:{local.tm_min:02d}:{local.tm_sec:02d}.{moment.nanoseconds:09d}"


def iso_time(moment: Moment) -> str:
    """Write the time as Falco's `evt.time.iso8601`: date and time in UTC with nine digits and the offset +0000."""
    return f"{datetime.fromtimestamp(moment.seconds, UTC):%Y-%m-%dT%H:%M:%S}.{moment.nanoseconds:09d}+0000"


class Form:
    """Writes alerts as bytes without a newline, as its settings say."""

    def __init__(self, settings: FormSettings) -> None:
        self._settings = settings
        iso = settings.time == "iso8601"
        self._clock = iso_time if iso else local_time
        self._time_field = "evt.time.iso8601" if iso else "evt.time"
        self.content_type = "application/json" if settings.format == "json" else "text/plain"

    def encode(self, alert: Alert) -> bytes:
        """Encode one alert; never fails on what an attacker chose."""
        moment = read_time(alert.time)
        # Falco's text line, and `output` of its JSON object: the time in front, control characters escaped.
        text = escape_controls(f"{self._clock(moment)}: {alert.priority} {alert.output}")
        if self._settings.format == "json":
            return _ascii_controls(msgspec.json.encode(self._document(alert, moment, text)))
        return text.encode()

    def _document(self, alert: Alert, moment: Moment, text: str) -> dict[str, Any]:
        """Build Falco's object; as Falco does, keys stand in their order, and the time joins the fields."""
        settings = self._settings
        document: dict[str, Any] = {"hostname": alert.hostname, "lanner": alert.lanner}
        if settings.include_message:
            document["message"] = escape_controls(alert.output)
        if settings.include_output:
            document["output"] = text
        if settings.include_output_fields:
            nanoseconds = moment.seconds * _SECOND + moment.nanoseconds
            document["output_fields"] = {**alert.output_fields, self._time_field: nanoseconds}
        document |= {"priority": alert.priority, "rule": alert.rule, "source": alert.source}
        if settings.include_tags:
            document["tags"] = alert.tags
        document["time"] = alert.time
        return document


def _ascii_controls(data: bytes) -> bytes:
    """Write DEL, C1 and bidirectional controls inside JSON strings as JSON escapes, which mean the same."""
    if data.isascii() and b"\x7f" not in data:
        return data
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", data.decode()).encode()
