"""The audit policy and what it decides on (audit.k8s.io/v1 Policy, k8s.io/apiserver's RequestAuditConfig)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec

STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
"""The stages of a request in the order in which they happen."""


class Level(IntEnum):
    """How much of a request is logged; each level holds what the ones below it hold."""

    NONE = 0
    METADATA = 1
    REQUEST = 2
    REQUEST_RESPONSE = 3

    @property
    def text(self) -> str:
        """The level as policies and events spell it."""
        return LEVELS[self]


LEVELS = ("None", "Metadata", "Request", "RequestResponse")


class Place(NamedTuple):
    """A spot in the policy's file; line and column count from 1, 0 where unknown."""

    line: int = 0
    column: int = 0


class GroupResources(msgspec.Struct, frozen=True):
    """Resources of one API group; no resources mean all of the group, names narrow them to those objects."""

    group: str = ""
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class PolicyRule(msgspec.Struct, kw_only=True, frozen=True):
    """One rule: an empty part does not narrow it. `omit_managed_fields` None takes the policy's."""

    level: Level
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[GroupResources, ...] = ()
    namespaces: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()
    omit_stages: tuple[str, ...] = ()
    omit_managed_fields: bool | None = None
    place: Place = Place()


class Policy(msgspec.Struct, kw_only=True, frozen=True):
    """Rules in order, the first that matches a request decides; the policy's own stages are added to every rule's."""

    rules: tuple[PolicyRule, ...]
    omit_stages: tuple[str, ...] = ()
    omit_managed_fields: bool = False
    file: str = ""


class Attributes(NamedTuple):
    """What a policy may look at in a request; `path` is the URL's path, without its query."""

    user: str = ""
    groups: tuple[str, ...] = ()
    verb: str = ""
    namespace: str = ""
    api_group: str = ""
    api_version: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    path: str = ""
    resource_request: bool = True


class Decision(NamedTuple):
    """What is logged of a request; `omit_stages` in the order of STAGES, `rule` counts from 0, None where none fits."""

    level: Level
    omit_stages: tuple[str, ...]
    omit_managed_fields: bool
    rule: int | None
