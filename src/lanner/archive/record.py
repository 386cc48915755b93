"""An audit event's keys as the archive reads them, in the order of k8s.io/apiserver's audit/v1 Event."""

from __future__ import annotations

import msgspec

NO_TEXT = msgspec.Raw(b"")
"""Stands for a body that is absent; no JSON value is empty."""


class UserKeys(msgspec.Struct, omit_defaults=True, gc=False):
    """authentication/v1 UserInfo."""

    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: dict[str, list[str]] | None = None


class ObjectKeys(msgspec.Struct, omit_defaults=True, rename="camel", gc=False):
    """audit/v1 ObjectReference."""

    resource: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None
    api_group: str | None = None
    api_version: str | None = None
    resource_version: str | None = None
    subresource: str | None = None


class Record(msgspec.Struct, omit_defaults=True, rename="camel", gc=False):
    """audit/v1 Event; bodies keep their text. None stands for a key that is absent."""

    kind: str | None = None
    api_version: str | None = None
    level: str | None = None
    audit_id: str | None = msgspec.field(default=None, name="auditID")
    stage: str | None = None
    request_uri: str | None = msgspec.field(default=None, name="requestURI")
    verb: str | None = None
    user: UserKeys | None = None
    impersonated_user: UserKeys | None = None
    authentication_metadata: msgspec.Raw = NO_TEXT
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: str | None = None
    object_ref: ObjectKeys | None = None
    response_status: msgspec.Raw = NO_TEXT
    request_object: msgspec.Raw = NO_TEXT
    response_object: msgspec.Raw = NO_TEXT
    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    annotations: dict[str, str | None] | None = None
