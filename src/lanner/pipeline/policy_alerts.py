"""Alerts on the API server's audit policy, in the form of all alerts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from lanner.audit.event import SOURCE, Event
from lanner.detect.alert import Alert, Origin, alert_time
from lanner.policy.model import Policy
from lanner.policy.watch_model import Deviation, Kind, sentence

RULE = "Audit policy changed"
TAGS = ("T1562.008", "defense-evasion")
_NO_EVENT = b"{}"


class Warned(NamedTuple):
    """An alert and the text of the event behind it, an empty object where there is none."""

    alert: Alert
    event: bytes


def warn(found: Deviation, count: int, event: Event, policy: Policy, hostname: str) -> Warned:
    """Return the alert on a deviation that `count` events show, the last of them `event`."""
    witness = found.witness
    text = f"{RULE}: {sentence(found, policy)} (first={witness.text} auditID={witness.audit_id} events={count})"
    fields = {
        "policy.deviation": found.kind.value,
        "policy.expected": found.expected,
        "policy.seen": found.seen,
        "policy.file": policy.file,
        "policy.rule": found.rule,
        "policy.line": None if found.rule is None else policy.rules[found.rule].place.line,
        "policy.events": count,
        "ka.auditid": witness.audit_id,
        "ka.user.name": witness.user,
        "ka.verb": witness.verb,
        "policy.request": witness.text,
    }
    related = [witness.audit_id] if witness.audit_id else []
    origin = Origin(audit_id=witness.audit_id, stage=witness.stage, related=related)
    alert = _alert(alert_time(event), found.priority, text, fields, hostname, origin)
    # What has gone silent was noticed at an event that has nothing to do with it.
    return Warned(alert, _NO_EVENT if found.kind is Kind.GONE_SILENT else event.raw)


def warn_of_change(what: str, less: Sequence[str], file: str, hostname: str) -> Warned:
    """Return the alert on a changed file; `less` names what is now logged at a lower level."""
    lost = f"; less is logged of: {', '.join(less)}" if less else ""
    fields = {"policy.deviation": "file-changed", "policy.file": file, "policy.lowered": list(less)}
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())
    priority = "Warning" if less else "Notice"
    return Warned(_alert(now, priority, f"{RULE}: {what}: {file}{lost}", fields, hostname, Origin()), _NO_EVENT)


def _alert(  # noqa: PLR0917 - the parts of an alert
    stamp: str, priority: str, text: str, fields: dict[str, Any], hostname: str, origin: Origin
) -> Alert:
    return Alert(
        time=stamp,
        rule=RULE,
        priority=priority,
        source=SOURCE,
        tags=list(TAGS),
        output=text,
        output_fields=fields,
        hostname=hostname,
        lanner=origin,
    )
