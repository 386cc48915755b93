"""Rows to columns; a line that the columns do not rebuild byte for byte is kept beside them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from lanner.archive.record import NO_TEXT, ObjectKeys, Record, UserKeys
from lanner.archive.row import Row
from lanner.archive.shape import find_shape, write_shaped
from lanner.archive.wire import write_record

CREDENTIAL = "authentication.kubernetes.io/credential-id"
DECISION = "authorization.k8s.io/decision"
DECISION_REASON = "authorization.k8s.io/reason"

_MICROTIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_STEP_ROWS = 2000  # bounds the copies of bodies on their way
_ENCODE = msgspec.json.Encoder().encode
_NO_USER, _NO_OBJECT = UserKeys(), ObjectKeys()
_NOTHING: dict[str, str | None] = {}


class _Status(msgspec.Struct, gc=False):
    code: Any = None
    reason: Any = None


class _Coded(NamedTuple):
    """A row and what its columns are read from."""

    row: Row
    record: Record
    user: UserKeys
    impersonated: UserKeys
    target: ObjectKeys
    status: _Status
    annotations: dict[str, str | None]
    time: dt.datetime | None
    received: dt.datetime | None
    shape: str | None
    rest: str | None
    line: bytes | None


Read = Callable[[_Coded], Any]
_NO_STATUS = _Status()
_STATUS = msgspec.json.Decoder(_Status)


def encode_rows(rows: Sequence[Row], cluster: str) -> pa.Table:
    """Build the columns of the rows; `cluster` is for rows that name none."""
    steps = range(0, len(rows), _STEP_ROWS)
    return pa.concat_tables([_encode(rows[start : start + _STEP_ROWS], cluster) for start in steps])


def _encode(rows: Sequence[Row], cluster: str) -> pa.Table:
    coded = [_code(row) for row in rows]
    arrays = {name: pa.array([read(entry) for entry in coded], kind) for name, kind, read in _COLUMNS}
    clusters = pa.array([row.cluster or cluster for row in rows], pa.string())
    return pa.table({**arrays, "cluster": clusters}).select(_NAMES)


def _code(row: Row) -> _Coded:
    record = row.record
    time, received = _time(record.stage_timestamp), _time(record.request_received_timestamp)
    shape, rest, line = _remainder(row.raw, record, exact=time.exact and received.exact and _regular(record))
    user, imp, target = record.user or _NO_USER, record.impersonated_user or _NO_USER, record.object_ref or _NO_OBJECT
    status, annotations = _status(record.response_status), record.annotations or _NOTHING
    return _Coded(row, record, user, imp, target, status, annotations, time.value, received.value, shape, rest, line)


def _regular(record: Record) -> bool:
    """Say whether the columns give this record back: they cannot tell {} from an absent object."""
    return (
        record.user is not None
        and (record.kind == "Event" if record.api_version is not None else record.kind is None)
        and (record.object_ref is None or record.object_ref != _NO_OBJECT)
        and (record.impersonated_user is None or record.impersonated_user != _NO_USER)
    )


def _remainder(raw: bytes, record: Record, *, exact: bool) -> tuple[str | None, str | None, bytes | None]:
    """Return shape, rest and line: what must be kept beside the columns."""
    if exact and write_record(record) == raw:
        return None, None, None
    shape = find_shape(raw)
    if shape is None:
        return None, None, raw
    if exact and write_shaped(record, shape) == raw:
        return shape.keys, shape.rest, None
    return None, shape.rest, raw


class _Time(NamedTuple):
    value: dt.datetime | None
    exact: bool


_NO_TIME, _BAD_TIME = _Time(None, exact=True), _Time(None, exact=False)


def _time(text: str | None) -> _Time:
    """Read a time; it is exact when it is written as metav1.MicroTime is: UTC with six digits of a second."""
    if text is None:
        return _NO_TIME
    try:
        if _MICROTIME.fullmatch(text):
            return _Time(dt.datetime.fromisoformat(text[:-1]), exact=True)
        moment = dt.datetime.fromisoformat(text)
        return _Time(moment.astimezone(dt.UTC).replace(tzinfo=None), exact=False) if moment.tzinfo else _BAD_TIME
    except (ValueError, OverflowError):
        return _BAD_TIME


def _status(text: msgspec.Raw) -> _Status:
    if text is NO_TEXT:
        return _NO_STATUS
    try:
        return _STATUS.decode(text)
    except msgspec.MsgspecError:
        return _NO_STATUS


def _credential(entry: _Coded) -> str | None:
    values = entry.user.extra.get(CREDENTIAL) if entry.user.extra else None
    return values[0] if values else None


def _last_address(entry: _Coded) -> str | None:
    return entry.record.source_ips[-1] if entry.record.source_ips else None


def _code_number(entry: _Coded) -> int | None:
    code = entry.status.code
    return code if isinstance(code, int) and not isinstance(code, bool) and -(2**31) <= code < 2**31 else None


def _reason(entry: _Coded) -> str | None:
    return entry.status.reason if isinstance(entry.status.reason, str) else None


def _ingested(entry: _Coded) -> int | None:
    return entry.row.ingested or None


def _json(path: str) -> Read:
    """Read an object as JSON text."""
    read = attrgetter(path)

    def text(entry: _Coded) -> bytes | None:
        value = read(entry)
        return None if value is None else _ENCODE(value)

    return text


def _raw(path: str) -> Read:
    """Read a body's text."""
    read = attrgetter(path)

    def text(entry: _Coded) -> bytes | None:
        value = read(entry)
        return None if value is NO_TEXT else bytes(value)

    return text


_TEXT, _TEXTS, _MOMENT = pa.string(), pa.list_(pa.string()), pa.timestamp("us")
_COLUMNS: tuple[tuple[str, pa.DataType, Read], ...] = (
    ("time", _MOMENT, attrgetter("time")),
    ("received", _MOMENT, attrgetter("received")),
    ("audit_id", _TEXT, attrgetter("record.audit_id")),
    ("stage", _TEXT, attrgetter("record.stage")),
    ("level", _TEXT, attrgetter("record.level")),
    ("verb", _TEXT, attrgetter("record.verb")),
    ("request_uri", _TEXT, attrgetter("record.request_uri")),
    ("username", _TEXT, attrgetter("user.username")),
    ("uid", _TEXT, attrgetter("user.uid")),
    ("groups", _TEXTS, attrgetter("user.groups")),
    ("extra", _TEXT, _json("user.extra")),
    ("credential_id", _TEXT, _credential),
    ("impersonated_user", _TEXT, attrgetter("impersonated.username")),
    ("impersonated_uid", _TEXT, attrgetter("impersonated.uid")),
    ("impersonated_groups", _TEXTS, attrgetter("impersonated.groups")),
    ("impersonated_extra", _TEXT, _json("impersonated.extra")),
    ("authentication", _TEXT, _raw("record.authentication_metadata")),
    ("source_ips", _TEXTS, attrgetter("record.source_ips")),
    ("source_ip", _TEXT, _last_address),
    ("user_agent", _TEXT, attrgetter("record.user_agent")),
    ("resource", _TEXT, attrgetter("target.resource")),
    ("subresource", _TEXT, attrgetter("target.subresource")),
    ("namespace", _TEXT, attrgetter("target.namespace")),
    ("name", _TEXT, attrgetter("target.name")),
    ("api_group", _TEXT, attrgetter("target.api_group")),
    ("api_version", _TEXT, attrgetter("target.api_version")),
    ("object_uid", _TEXT, attrgetter("target.uid")),
    ("resource_version", _TEXT, attrgetter("target.resource_version")),
    ("code", pa.int32(), _code_number),
    ("reason", _TEXT, _reason),
    ("decision", _TEXT, lambda entry: entry.annotations.get(DECISION)),
    ("decision_reason", _TEXT, lambda entry: entry.annotations.get(DECISION_REASON)),
    ("annotations", _TEXT, _json("record.annotations")),
    ("response_status", _TEXT, _raw("record.response_status")),
    ("request_object", _TEXT, _raw("record.request_object")),
    ("response_object", _TEXT, _raw("record.response_object")),
    ("audit_version", _TEXT, attrgetter("record.api_version")),
    ("shape", _TEXT, attrgetter("shape")),
    ("rest", _TEXT, attrgetter("rest")),
    ("line", pa.binary(), attrgetter("line")),
    ("source", _TEXT, attrgetter("row.source")),
    ("origin", _TEXT, attrgetter("row.origin")),
    ("position", pa.int64(), attrgetter("row.offset")),
    ("item", pa.int32(), attrgetter("row.item")),
    ("ordinal", pa.int64(), attrgetter("row.ordinal")),
    ("ingested", _MOMENT, _ingested),
)
_NAMES = ["time", "received", "cluster", *(name for name, _, _ in _COLUMNS[2:])]
