"""A redactor with a fixed salt, and events to redact."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lanner.audit.decode import decode
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings


def make_event(**changes: Any) -> bytes:
    """Return an event's line as kube-apiserver orders it; keyword arguments replace its keys."""
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "a",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/secrets",
        "verb": "create",
        "user": {"username": "eve"},
        "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        **changes,
        "stageTimestamp": "2026-01-02T03:04:05.678901Z",
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def redact(line: bytes, redactor: Redactor) -> bytes:
    """Redact a line that holds one event."""
    (event,) = decode(line).events
    return redactor.redact(event.raw, event.head)


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(RedactionSettings(), bytes(32))


@pytest.fixture
def make() -> Callable[..., bytes]:
    return make_event
