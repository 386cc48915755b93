"""The table of all fields that rules can ask of an audit event."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lanner.audit.fieldinfo import Extractor, FieldError, FieldInfo
from lanner.audit.fields_each import EACH_FIELDS
from lanner.audit.fields_generic import GENERIC_FIELDS
from lanner.audit.fields_head import HEAD_FIELDS
from lanner.audit.fields_identity import IDENTITY_FIELDS
from lanner.audit.fields_objects import OBJECT_FIELDS
from lanner.audit.fields_pods import POD_FIELDS

__all__ = ["FIELDS", "Extractor", "FieldError", "FieldInfo", "lookup"]

FIELDS: Mapping[str, FieldInfo] = MappingProxyType(
    {
        field.name: field
        for field in (*HEAD_FIELDS, *OBJECT_FIELDS, *POD_FIELDS, *GENERIC_FIELDS, *IDENTITY_FIELDS, *EACH_FIELDS)
    }
)


def lookup(name: str, argument: str | None) -> Extractor:
    """Return the extractor of a field for an argument; raises FieldError in Falco's words."""
    info = FIELDS.get(name)
    if info is None:
        raise FieldError(f"filter_check called with nonexistent field {name}")
    info.check(argument)
    return info.bind(argument)
