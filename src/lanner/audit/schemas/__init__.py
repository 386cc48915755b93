"""Events in the schemas of others, one file each: OCSF and the Elastic Common Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lanner.audit.event import Event
from lanner.audit.schemas.ecs import to_ecs
from lanner.audit.schemas.ocsf import to_ocsf

__all__ = ["SCHEMAS"]

SCHEMAS: Mapping[str, Callable[[Event, str], dict[str, Any]]] = {"ocsf": to_ocsf, "ecs": to_ecs}
"""By the names of formats: an event and its cluster to an object that msgspec encodes."""
