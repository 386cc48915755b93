"""AKS: native events as strings in Azure's resource logs.

Diagnostic settings write {"category": "kube-audit", "properties": {"log": EVENT}} to storage accounts, lists of them,
{"records": [...]}, to event hubs, and rows with a column log_s to the table AzureDiagnostics.
"""

from __future__ import annotations

import msgspec

from lanner.audit.providers.part import Keys, Part, string

_AUDIT = frozenset({"kube-audit", "kube-audit-admin", ""})
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def read_list(_: bytes, keys: Keys) -> list[Part]:
    """Read a message of an event hub."""
    parts: list[Part] = []
    for item in _ITEMS.decode(keys["records"]):
        text = bytes(item)
        record = _KEYS.decode(text)
        known = "properties" in record
        parts += read_record(text, record) if known else [Part(text, text, problem="a record without properties")]
    return parts


def read_record(text: bytes, keys: Keys) -> list[Part]:
    """Read one resource log; its `properties` are an object, or one as a string."""
    properties = string(keys["properties"])
    inner = _KEYS.decode(keys["properties"] if properties is None else properties)
    return [_part(text, keys, string(inner.get("log")), "category", "resourceId")]


def read_row(text: bytes, keys: Keys) -> list[Part]:
    """Read one row of AzureDiagnostics."""
    return [_part(text, keys, string(keys["log_s"]), "Category", "ResourceId")]


def _part(text: bytes, keys: Keys, log: str | None, category: str, resource: str) -> Part:
    kind = string(keys.get(category)) or ""
    if kind not in _AUDIT:
        return Part(text, text, problem=f"a resource log of another category ({kind[:80]!r})")
    if log is None:
        return Part(text, text, problem="a resource log without an event in it")
    cluster = (string(keys.get(resource)) or "").rpartition("/")[2].lower()
    return Part(log.strip().encode(), text, cluster)
