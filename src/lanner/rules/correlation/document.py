"""The YAML form of a correlation: Sigma's correlation document (specification 2.1), and lanner's keys in it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lanner.rules.correlation.model import Kind

Level = Literal["informational", "low", "medium", "high", "critical"]
PRIORITIES: dict[Level, str] = {
    "informational": "Informational",
    "low": "Notice",
    "medium": "Warning",
    "high": "Error",
    "critical": "Critical",
}
"""Sigma's levels as Falco's priorities."""


class Body(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What stands under `correlation`.

    Sigma's keys: `type`, `rules`, `group-by`, `timespan`, `aliases`, `condition`, `generate`. lanner's: `events` (names
    of kinds of events, each a condition in Falco's language), `field` (what first_seen and rare look at), `where`
    (comparisons between two kinds of events), `learn` (events, or a time), `suppress` (how long it is silent for a
    key after it fired; default the timespan, at most an hour), `incident-of` (kinds of events whose doers' incident the
    alert belongs to).
    """

    type: Kind
    rules: tuple[str, ...] | str = ()
    events: dict[str, str] = {}
    group_by: tuple[str, ...] | str = ()
    timespan: str
    aliases: dict[str, dict[str, str]] = {}
    condition: dict[str, Any] | str | None = None
    field: str = ""
    where: tuple[str, ...] | str = ()
    learn: int | str = 0
    suppress: str = ""
    incident_of: tuple[str, ...] | str = ()
    generate: bool = False


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document; keys of Sigma's that only people read are allowed and not kept."""

    title: str
    correlation: Body
    name: str = ""
    id: str = ""
    description: str = ""
    level: Level = "medium"
    tags: tuple[str, ...] = ()
    output: str = ""
    enabled: bool = True
    status: str = ""
