"""Words for people on settings whose structs stand in rooms that do not describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lanner.archive.settings import ArchiveSettings, Drop, Hold

_LIST = "A word that ends in `*` matches by prefix."

DESCRIPTIONS: Mapping[tuple[type[Any], str], str] = {
    (ArchiveSettings, "enabled"): "Keep events.",
    (ArchiveSettings, "catalog"): "pyiceberg's properties (uri, warehouse, ...); empty: SQLite and this disk.",
    (ArchiveSettings, "cluster"): "Name of the cluster; events are partitioned by it.",
    (ArchiveSettings, "keep_stages"): "Events of other stages are kept only when no event of these follows.",
    (ArchiveSettings, "drop"): "Noise filters: events that are counted but not kept.",
    (ArchiveSettings, "drop_presets"): "Noise filters that lanner has, by name: `docs/archive.md` says what they drop.",
    (ArchiveSettings, "hold"): "Bounds of what waits for the completing event of its request.",
    (ArchiveSettings, "commit_seconds"): "Commit at least this often.",
    (ArchiveSettings, "commit_events"): "Commit when so many events wait.",
    (ArchiveSettings, "commit_bytes"): "Commit when so many bytes wait.",
    (Drop, "name"): "Name under which the dropped events are counted.",
    (Drop, "users"): f"User names. {_LIST}",
    (Drop, "groups"): f"Groups, one of which the user is in. {_LIST}",
    (Drop, "verbs"): "Verbs.",
    (Drop, "resources"): "Resources, written `pods` or `pods/log`.",
    (Drop, "namespaces"): f"Namespaces. {_LIST}",
    (Drop, "names"): f"Names of objects. {_LIST}",
    (Drop, "url_prefixes"): "Paths of requests that name no resource, such as `/healthz`.",
    (Drop, "stages"): "Stages.",
    (Drop, "levels"): "Audit levels.",
    (Drop, "codes"): "HTTP status codes of the response.",
    (Drop, "user_agents"): f"User agents. {_LIST}",
    (Hold, "events"): "Events that may wait.",
    (Hold, "bytes"): "Bytes that may wait.",
    (Hold, "seconds"): "Time that an event waits.",
}
