"""Alerts to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lanner.detect.alert import Alert, Origin

MakeAlert = Callable[..., Alert]


@pytest.fixture
def make_alert() -> MakeAlert:
    """Return a maker of alerts in which a test changes what it is about."""

    def make(**changes: Any) -> Alert:
        values: dict[str, Any] = {
            "time": "2024-05-01T10:20:30.123456Z",
            "rule": "Shell in pod",
            "priority": "Warning",
            "source": "k8s_audit",
            "tags": ["k8s", "shell"],
            "output": "exec by eve (pod=web)",
            "output_fields": {"ka.user.name": "eve", "ka.target.name": "web"},
            "hostname": "k8s-api-server",
            "lanner": Origin(audit_id="v001", stage="ResponseComplete"),
        }
        return Alert(**{**values, **changes})

    return make
