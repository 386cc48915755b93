"""An alert as a line of the list: who did what to which object, read from the alert and the event behind it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lanner.audit.event import Head, ObjectRef, User
from lanner.detect.alert import Alert
from lanner.state.kept import StoredAlert
from lanner.state.store import Store
from lanner.web.figures import visible

LONGEST_OUTPUT = 600
LONGEST_NAME = 200

_HEADS = msgspec.json.Decoder(Head)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One alert for the list; all texts have control characters made visible and are cut to a bounded length."""

    id: int
    time: str
    rule: str
    priority: str
    user: str
    acting_as: str
    verb: str
    target: str
    namespace: str
    code: int
    address: str
    output: str

    def matches(self, words: Sequence[str]) -> bool:
        """Say whether each word (in lower case) is somewhere in the line."""
        columns = (
            self.rule,
            self.user,
            self.acting_as,
            self.verb,
            self.target,
            self.namespace,
            self.address,
            self.output,
        )
        text = "\n".join(columns).lower()
        return all(word in text for word in words)


def make_rows(store: Store, alerts: Sequence[StoredAlert]) -> list[Row]:
    """Make the lines of alerts, in their order."""
    return [make_row(stored.id, stored.alert, store.alert_event(stored.id)) for stored in alerts]


def make_row(number: int, alert: Alert, event: bytes | None, *, longest_output: int = LONGEST_OUTPUT) -> Row:
    """Make the line of one alert; without its event the columns about the request are empty."""
    head = _head(event)
    user, ref = head.user or User(), head.object_ref or ObjectRef()
    acting = head.impersonated_user or User()
    return Row(
        id=number,
        time=visible(alert.time, 40),
        rule=visible(alert.rule, LONGEST_NAME),
        priority=alert.priority,
        user=visible(user.username or "", LONGEST_NAME),
        acting_as=visible(acting.username or "", LONGEST_NAME),
        verb=visible(head.verb or "", 40),
        target=visible(_target(ref, head), LONGEST_NAME),
        namespace=visible(ref.namespace or "", LONGEST_NAME),
        code=(head.response_status.code or 0) if head.response_status else 0,
        address=visible((head.source_ips or [""])[-1], 60),
        output=visible(alert.output, longest_output),
    )


def _head(event: bytes | None) -> Head:
    if event is None:
        return Head()
    try:
        return _HEADS.decode(event)
    except (msgspec.DecodeError, RecursionError):
        return Head()


def _target(ref: ObjectRef, head: Head) -> str:
    """Name the object as kubectl would (`pods/exec web-1`), or the path of a request that has none."""
    kind = "/".join(part for part in (ref.resource, ref.subresource) if part)
    return " ".join(part for part in (kind, ref.name) if part) or (head.request_uri or "")
