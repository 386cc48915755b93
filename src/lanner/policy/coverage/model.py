"""What coverage says: what a rule needs to see, and what a policy lets it see of that."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lanner.policy.model import GroupResources, Level

Verdict = Literal["blind", "partly", "undecided", "sighted"]
VERDICTS: tuple[Verdict, ...] = ("blind", "partly", "undecided", "sighted")
"""In the order in which they are reported, worst first."""


class Need(msgspec.Struct, kw_only=True, frozen=True):
    """Requests, in the terms of a policy, that a rule must see, and what of them.

    As in a policy's rule an empty part does not narrow. Resource requests of any kind are `GroupResources("*")`, other
    requests of any kind the URL `*`; a Need with neither is about both. `stages` must all be logged; `managed_fields`
    False allows to omit them. The requests are those that the rule may fire on or a few more, never fewer.
    """

    rule: str
    verbs: tuple[str, ...] = ()
    resources: tuple[GroupResources, ...] = ()
    namespaces: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()
    level: Level = Level.METADATA
    stages: tuple[str, ...] = ("ResponseComplete",)
    managed_fields: bool = False


class Blinding(msgspec.Struct, kw_only=True, frozen=True):
    """A rule of the policy that takes sight from a detection rule; `number` counts from 0, None: no rule matches."""

    number: int | None
    line: int
    reason: str


class Counterexample(msgspec.Struct, kw_only=True, frozen=True):
    """A request on which the rule fires under full logging and not under the policy; tried before it is told.

    `attributes` as in the policy's own terms, `words` for people, `event` as full logging writes it.
    """

    attributes: dict[str, Any]
    words: str
    event: dict[str, Any]


class Sight(msgspec.Struct, kw_only=True):
    """What a policy lets a rule see. `note` says why nothing could be decided, or that the rule fires unseeing."""

    rule: str
    verdict: Verdict
    needs: list[Need] = msgspec.field(default_factory=list)
    blinded_by: list[Blinding] = msgspec.field(default_factory=list)
    counterexample: Counterexample | None = None
    note: str = ""
