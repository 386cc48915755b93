"""Rows to columns; a line that the columns do not rebuild byte for byte is kept beside them."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from lanner.archive.auditids import uuid_bytes
from lanner.archive.record import ObjectKeys, Record, UserKeys
from lanner.archive.row import Row
from lanner.archive.shape import find_shape, write_shaped
from lanner.archive.wire import is_written
from lanner.archive.wrapping import find_wrapping
from lanner.audit.event import Head, parse_time

CREDENTIAL = "authentication.kubernetes.io/credential-id"
DECISION = "authorization.k8s.io/decision"
DECISION_REASON = "authorization.k8s.io/reason"

_SECOND = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.", re.ASCII)
_MICROTIME_CHARACTERS, _SECOND_CHARACTERS = 27, 20
STEP_ROWS = 2000
"""Rows that become columns at once: it bounds the copies of bodies on their way."""
_ENCODE = msgspec.json.Encoder().encode
_NO_USER, _NO_OBJECT = UserKeys(), ObjectKeys()
_NOTHING: dict[str, str | None] = {}


class _Status(msgspec.Struct, gc=False):
    code: Any = msgspec.UNSET
    reason: Any = msgspec.UNSET


class _Time(NamedTuple):
    """Microseconds since 1970; `exact` where it is written as metav1.MicroTime is: UTC, six digits of a second."""

    value: int | None
    exact: bool


class _Kept(NamedTuple):
    """What must be kept beside the columns, and True where they tell less than the text."""

    shape: str | None
    rest: str | None
    line: bytes | None
    odd: bool | None


class _Coded(NamedTuple):
    """What the columns of some rows are read from, each a list as long as the rows."""

    row: Sequence[Row]
    record: Sequence[Record]
    user: Sequence[UserKeys]
    impersonated: Sequence[UserKeys]
    target: Sequence[ObjectKeys]
    status: Sequence[_Status]
    annotations: Sequence[dict[str, str | None]]
    time: Sequence[_Time]
    received: Sequence[_Time]
    kept: Sequence[_Kept]
    uuid: Sequence[bytes | None]


Read = Callable[[_Coded], list[Any] | pa.Array]
_NO_STATUS = _Status()
_STATUS = msgspec.json.Decoder(_Status)
_HEAD = msgspec.json.Decoder(Head)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_MOST_TEXT = 2**31 - 1
_LONGEST_STATUS = 1000


def encode_rows(rows: Sequence[Row], cluster: str) -> pa.Table:
    """Build the columns of the rows; `cluster` is for rows that name none."""
    steps = range(0, len(rows), STEP_ROWS)
    return pa.concat_tables([_encode(rows[start : start + STEP_ROWS], cluster) for start in steps])


def _encode(rows: Sequence[Row], cluster: str) -> pa.Table:
    coded = _code(rows)
    arrays = {name: _array(read(coded), kind) for name, kind, read in _COLUMNS}
    clusters = pa.array([row.cluster or cluster for row in rows], pa.string())
    return pa.table({**arrays, "cluster": clusters}).select(_NAMES)


def _array(values: list[Any] | pa.Array, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _code(rows: Sequence[Row]) -> _Coded:
    records = [row.record for row in rows]
    times = _times([record.stage_timestamp for record in records])
    received = _times([record.request_received_timestamp for record in records])
    statuses = _statuses([record.response_status for record in records])
    return _Coded(
        row=rows,
        record=records,
        user=[record.user or _NO_USER for record in records],
        impersonated=[record.impersonated_user or _NO_USER for record in records],
        target=[record.object_ref or _NO_OBJECT for record in records],
        status=statuses,
        annotations=[record.annotations or _NOTHING for record in records],
        time=times,
        received=received,
        kept=[
            _kept(row, record, time, exact=begun.exact and _regular(record), plain=_plain(record, status))
            for row, record, status, time, begun in zip(rows, records, statuses, times, received, strict=True)
        ],
        uuid=[None if record.audit_id is None else uuid_bytes(record.audit_id) for record in records],
    )


def _regular(record: Record) -> bool:
    """Say whether the columns give this record back: they cannot tell {} from an absent object."""
    return (
        record.user is not None
        and (record.kind == "Event" if record.api_version is not None else record.kind is None)
        and (record.object_ref is None or record.object_ref != _NO_OBJECT)
        and (record.impersonated_user is None or record.impersonated_user != _NO_USER)
    )


def _kept(row: Row, record: Record, time: _Time, *, exact: bool, plain: bool) -> _Kept:
    kept = _remainder(row.raw, record, time, exact=exact, plain=plain)
    if row.wrapped is None or row.wrapped.raw != row.raw:
        return kept
    wrapping = None if kept.line is not None else find_wrapping(row.wrapped.line, row.raw, kept.shape)
    if wrapping is not None:
        return kept._replace(shape=wrapping)
    return kept._replace(shape=None, line=row.wrapped.line) if row.wrapped.whole else kept


def _remainder(raw: bytes, record: Record, time: _Time, *, exact: bool, plain: bool) -> _Kept:
    exact = exact and time.exact
    if exact and is_written(record, raw):
        return _NOTHING_KEPT if plain else _Kept(None, None, None, odd=True)
    shape = find_shape(raw)
    odd = None if plain and shape is not None and _is_told(raw, record, time) else True
    if shape is None:
        return _Kept(None, None, raw, odd)
    if exact and write_shaped(record, shape) == raw:
        return _Kept(shape.keys, shape.rest, None, odd)
    return _Kept(None, shape.rest, raw, odd)


def _plain(record: Record, status: _Status) -> bool:
    """Say whether the columns hold what rules see of status and annotations: of null and of odd types they see text."""
    return (
        (status.code is msgspec.UNSET or _code_number(status.code) is not None)
        and (status.reason is msgspec.UNSET or isinstance(status.reason, str))
        and (record.annotations is None or None not in record.annotations.values())
    )


def _is_told(raw: bytes, record: Record, time: _Time) -> bool:
    """Say whether strict decoding reads the event, so that its texts are texts, and `time` is all of its time."""
    try:
        _HEAD.decode(raw)
        stamp = None if record.stage_timestamp is None else parse_time(record.stage_timestamp)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return False
    if stamp is None or time.value is None:
        return stamp is None and time.value is None
    return time.value * 1000 == stamp


_NOTHING_KEPT = _Kept(None, None, None, None)
_NO_TIME, _BAD_TIME = _Time(None, exact=True), _Time(None, exact=False)


def _times(texts: Sequence[str | None]) -> list[_Time]:
    """Read times; most of a batch stand in few seconds, whose beginnings are read once."""
    seconds: dict[str, int | None] = {}
    return [_NO_TIME if text is None else _microtime(text, seconds) or _time(text) for text in texts]


def _microtime(text: str, seconds: dict[str, int | None]) -> _Time | None:
    if len(text) != _MICROTIME_CHARACTERS or text[-1] != "Z":
        return None
    digits = text[_SECOND_CHARACTERS:-1]
    beginning = text[:_SECOND_CHARACTERS]
    if beginning not in seconds:
        seconds[beginning] = _second(beginning)
    second = seconds[beginning]
    if second is None or not (digits.isdigit() and digits.isascii()):
        return None
    return _Time(second + int(digits), exact=True)


def _second(beginning: str) -> int | None:
    if _SECOND.fullmatch(beginning) is None:
        return None
    try:
        return _microseconds(dt.datetime.fromisoformat(f"{beginning[:-1]}+00:00"))
    except ValueError:
        return None


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _time(text: str) -> _Time:
    """Read a time that is written in another way than kube-apiserver writes it."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return _Time(_microseconds(moment.astimezone(dt.UTC)), exact=False) if moment.tzinfo else _BAD_TIME
    except (ValueError, OverflowError):
        return _BAD_TIME


def _statuses(texts: Sequence[msgspec.Raw]) -> list[_Status]:
    """Read statuses; most of a batch are one of a few short texts."""
    known: dict[bytes, _Status] = {b"": _NO_STATUS}
    found = []
    for raw in texts:
        text = bytes(raw)
        status = known.get(text)
        if status is None:
            status = _status(text)
            if len(text) <= _LONGEST_STATUS:
                known[text] = status
        found.append(status)
    return found


def _status(text: bytes) -> _Status:
    try:
        return _STATUS.decode(text)
    except msgspec.MsgspecError:
        return _NO_STATUS


def _audit_texts(coded: _Coded) -> list[str | None]:
    pairs = zip(coded.record, coded.uuid, strict=True)
    return [record.audit_id if value is None else None for record, value in pairs]


def _credentials(coded: _Coded) -> list[str | None]:
    values = [user.extra.get(CREDENTIAL) if user.extra else None for user in coded.user]
    return [value[0] if value else None for value in values]


def _last_addresses(coded: _Coded) -> list[str | None]:
    return [record.source_ips[-1] if record.source_ips else None for record in coded.record]


def _codes(coded: _Coded) -> list[int | None]:
    return [_code_number(status.code) for status in coded.status]


def _code_number(code: Any) -> int | None:
    return code if isinstance(code, int) and not isinstance(code, bool) and -(2**31) <= code < 2**31 else None


def _reasons(coded: _Coded) -> list[str | None]:
    return [status.reason if isinstance(status.reason, str) else None for status in coded.status]


def _ingested(coded: _Coded) -> list[int | None]:
    return [row.ingested or None for row in coded.row]


def _annotation(key: str) -> Read:
    return lambda coded: [annotations.get(key) for annotations in coded.annotations]


def _attribute(path: str) -> Callable[[_Coded], list[Any]]:
    """Read one attribute of a list of the coded rows."""
    part, _, name = path.partition(".")
    pick, read = attrgetter(part), attrgetter(name)
    return lambda coded: list(map(read, pick(coded)))


def _json(path: str) -> Read:
    """Read an object as JSON text."""
    read = _attribute(path)
    return lambda coded: [None if value is None else _ENCODE(value) for value in read(coded)]


def _raw(path: str) -> Read:
    """Read bodies' text, which is UTF-8: it is copied once."""
    read = _attribute(path)
    return lambda coded: _joined(read(coded))


def _joined(texts: Sequence[msgspec.Raw]) -> list[Any] | pa.Array:
    sizes = list(map(len, texts))
    if sum(sizes) > _MOST_TEXT:
        return [bytes(text) or None for text in texts]
    valid = pa.array(list(map(bool, sizes)), pa.bool_()).buffers()[1]
    offsets = pa.py_buffer(array("i", accumulate(sizes, initial=0)))
    return pa.Array.from_buffers(pa.string(), len(sizes), [valid, offsets, pa.py_buffer(b"".join(texts))])


_TEXT, _TEXTS, _MOMENT = pa.string(), pa.list_(pa.string()), pa.timestamp("us")
_COLUMNS: tuple[tuple[str, pa.DataType, Read], ...] = (
    ("time", _MOMENT, _attribute("time.value")),
    ("received", _MOMENT, _attribute("received.value")),
    ("audit_id", pa.uuid(), attrgetter("uuid")),
    ("stage", _TEXT, _attribute("record.stage")),
    ("level", _TEXT, _attribute("record.level")),
    ("verb", _TEXT, _attribute("record.verb")),
    ("request_uri", _TEXT, _attribute("record.request_uri")),
    ("username", _TEXT, _attribute("user.username")),
    ("uid", _TEXT, _attribute("user.uid")),
    ("groups", _TEXTS, _attribute("user.groups")),
    ("extra", _TEXT, _json("user.extra")),
    ("credential_id", _TEXT, _credentials),
    ("impersonated_user", _TEXT, _attribute("impersonated.username")),
    ("impersonated_uid", _TEXT, _attribute("impersonated.uid")),
    ("impersonated_groups", _TEXTS, _attribute("impersonated.groups")),
    ("impersonated_extra", _TEXT, _json("impersonated.extra")),
    ("authentication", _TEXT, _raw("record.authentication_metadata")),
    ("source_ips", _TEXTS, _attribute("record.source_ips")),
    ("source_ip", _TEXT, _last_addresses),
    ("user_agent", _TEXT, _attribute("record.user_agent")),
    ("resource", _TEXT, _attribute("target.resource")),
    ("subresource", _TEXT, _attribute("target.subresource")),
    ("namespace", _TEXT, _attribute("target.namespace")),
    ("name", _TEXT, _attribute("target.name")),
    ("api_group", _TEXT, _attribute("target.api_group")),
    ("api_version", _TEXT, _attribute("target.api_version")),
    ("object_uid", _TEXT, _attribute("target.uid")),
    ("resource_version", _TEXT, _attribute("target.resource_version")),
    ("code", pa.int32(), _codes),
    ("reason", _TEXT, _reasons),
    ("decision", _TEXT, _annotation(DECISION)),
    ("decision_reason", _TEXT, _annotation(DECISION_REASON)),
    ("annotations", _TEXT, _json("record.annotations")),
    ("response_status", _TEXT, _raw("record.response_status")),
    ("request_object", _TEXT, _raw("record.request_object")),
    ("response_object", _TEXT, _raw("record.response_object")),
    ("audit_version", _TEXT, _attribute("record.api_version")),
    ("shape", _TEXT, _attribute("kept.shape")),
    ("rest", _TEXT, _attribute("kept.rest")),
    ("line", pa.binary(), _attribute("kept.line")),
    ("source", _TEXT, _attribute("row.source")),
    ("origin", _TEXT, _attribute("row.origin")),
    ("position", pa.int64(), _attribute("row.offset")),
    ("item", pa.int32(), _attribute("row.item")),
    ("ordinal", pa.int64(), _attribute("row.ordinal")),
    ("ingested", _MOMENT, _ingested),
    ("odd", pa.bool_(), _attribute("kept.odd")),
    ("audit_text", _TEXT, _audit_texts),
)
_NAMES = ["time", "received", "cluster", *(name for name, _, _ in _COLUMNS[2:])]
