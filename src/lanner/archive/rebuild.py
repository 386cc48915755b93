"""Columns to lines: the inverse of the codec."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from lanner.archive.record import NO_TEXT, ObjectKeys, Record, UserKeys
from lanner.archive.shape import Shape, write_shaped
from lanner.archive.wire import write_record
from lanner.archive.wrapping import read_wrapping, wrap

T = TypeVar("T")
REBUILD = (
    *("time", "received", "audit_id", "stage", "level", "verb", "request_uri", "username", "uid", "groups", "extra"),
    *("impersonated_user", "impersonated_uid", "impersonated_groups", "impersonated_extra", "authentication"),
    *("source_ips", "user_agent", "resource", "subresource", "namespace", "name", "api_group", "api_version"),
    *("object_uid", "resource_version", "annotations", "response_status", "request_object", "response_object"),
    *("audit_version", "shape", "rest", "line"),
)
"""The columns that `rebuild_line` reads."""

_ENCODE = msgspec.json.Encoder().encode
_EXTRA = msgspec.json.Decoder(dict[str, list[str]])
_ANNOTATIONS = msgspec.json.Decoder(dict[str, str | None])
_NO_USER, _NO_OBJECT = UserKeys(), ObjectKeys()


def rebuild_line(values: Mapping[str, Any]) -> bytes:
    """Return the event's text as it arrived, from one row of the REBUILD columns."""
    if values["line"] is not None:
        return bytes(values["line"])
    shape = values["shape"]
    wrapping = read_wrapping(shape) if shape is not None else None
    if wrapping is None:
        return _event(values, shape)
    return wrap(wrapping, _event(values, None if wrapping.keys is None else _ENCODE(wrapping.keys).decode()))


def _event(values: Mapping[str, Any], keys: str | None) -> bytes:
    record = _record(values)
    return write_record(record) if keys is None else write_shaped(record, Shape(keys, values["rest"]))


def _record(values: Mapping[str, Any]) -> Record:
    version = values["audit_version"]
    impersonated = _user(values, "impersonated_user", "impersonated_uid", "impersonated_groups", "impersonated_extra")
    return Record(
        kind=None if version is None else "Event",
        api_version=version,
        level=values["level"],
        audit_id=values["audit_id"],
        stage=values["stage"],
        request_uri=values["request_uri"],
        verb=values["verb"],
        user=_user(values, "username", "uid", "groups", "extra"),
        impersonated_user=None if impersonated == _NO_USER else impersonated,
        authentication_metadata=_body(values["authentication"]),
        source_ips=values["source_ips"],
        user_agent=values["user_agent"],
        object_ref=_target(values),
        response_status=_body(values["response_status"]),
        request_object=_body(values["request_object"]),
        response_object=_body(values["response_object"]),
        request_received_timestamp=_microtime(values["received"]),
        stage_timestamp=_microtime(values["time"]),
        annotations=_decoded(values["annotations"], _ANNOTATIONS),
    )


def _user(values: Mapping[str, Any], username: str, uid: str, groups: str, extra: str) -> UserKeys:
    return UserKeys(values[username], values[uid], values[groups], _decoded(values[extra], _EXTRA))


def _target(values: Mapping[str, Any]) -> ObjectKeys | None:
    target = ObjectKeys(
        values["resource"],
        values["namespace"],
        values["name"],
        values["object_uid"],
        values["api_group"],
        values["api_version"],
        values["resource_version"],
        values["subresource"],
    )
    return None if target == _NO_OBJECT else target


def _body(text: str | None) -> msgspec.Raw:
    return NO_TEXT if text is None else msgspec.Raw(text)


def _decoded(text: str | None, decoder: msgspec.json.Decoder[T]) -> T | None:
    return None if text is None else decoder.decode(text)


def _microtime(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
