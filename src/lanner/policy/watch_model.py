"""What the watch over a policy finds: a deviation of what arrives from what the policy says."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from lanner.audit.event import Event, event_time
from lanner.policy.explain import resource_text
from lanner.policy.model import Attributes, Policy


class Kind(StrEnum):
    """How the log deviates. Each but GONE_SILENT proves that another policy is in force."""

    LOWER_LEVEL = "lower-level"
    HIGHER_LEVEL = "higher-level"
    NOT_DROPPED = "not-dropped"
    STAGE_KEPT = "stage-kept"
    MANAGED_FIELDS_KEPT = "managed-fields-kept"
    STAGE_MISSING = "stage-missing"
    GONE_SILENT = "gone-silent"


class Witness(msgspec.Struct, frozen=True, gc=False):
    """The event that a deviation was first seen on."""

    time: str
    time_ns: int
    audit_id: str
    stage: str
    user: str
    verb: str
    target: str
    namespace: str

    @classmethod
    def of(cls, attributes: Attributes, audit_id: str, stage: str, time: str, time_ns: int) -> Witness:
        """Return a request with the event that told of it."""
        target = resource_text(attributes) if attributes.resource_request else attributes.path
        return cls(time, time_ns, audit_id, stage, attributes.user, attributes.verb, target, attributes.namespace)

    @classmethod
    def of_event(cls, event: Event, attributes: Attributes) -> Witness:
        """Return an event as evidence."""
        head = event.head
        return cls.of(attributes, head.audit_id or "", head.stage or "", event_time(head) or "", event.time_ns)

    @property
    def text(self) -> str:
        """The request in words."""
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.user or '(no user)'} {self.verb} {self.target}{where}"


class Deviation(NamedTuple):
    """One observation. `expected` is what the policy says and `seen` what came; `rule` is None where none matches.

    `events` is the number of events behind it.
    """

    kind: Kind
    rule: int | None
    expected: str
    seen: str
    witness: Witness
    events: int = 1

    @property
    def blinds(self) -> bool:
        """Whether the API server logs less than it should."""
        return self.kind in (Kind.LOWER_LEVEL, Kind.STAGE_MISSING, Kind.GONE_SILENT)

    @property
    def priority(self) -> str:
        """How bad it is, in Falco's words: proven loss of sight is critical."""
        return "Critical" if self.kind in (Kind.LOWER_LEVEL, Kind.STAGE_MISSING) else "Warning"


def sentence(found: Deviation, policy: Policy) -> str:
    """Say what is wrong in one sentence that names the rule and its line."""
    rule = _rule(found.rule, policy)
    if found.kind is Kind.STAGE_MISSING:
        return f"{found.seen}; {rule} does not omit {found.expected}"
    if found.kind is Kind.GONE_SILENT:
        return f"{found.seen}; {rule} says {found.expected}"
    if found.kind in (Kind.STAGE_KEPT, Kind.MANAGED_FIELDS_KEPT):
        return f"an event came with {found.seen}, which {rule} omits"
    less = "less" if found.blinds else "more"
    says = f"{rule} says {found.expected}" if found.rule is not None else rule
    return f"an event came at level {found.seen}, {says}: the API server logs {less} than the policy"


def _rule(number: int | None, policy: Policy) -> str:
    if number is None:
        return "no rule of the policy matches it"
    return f"rules[{number}] ({policy.file}:{policy.rules[number].place.line})"
