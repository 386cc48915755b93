"""auditIDs are sixteen bytes where they are UUIDs in lower case, as kube-apiserver makes them; readers see text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

STORED, ODD = "audit_id", "audit_text"
"""The columns of UUIDs and of all other auditIDs."""

_CHARACTERS, _DIGITS = 36, 32
_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
TEXT = f'coalesce(CAST("{STORED}" AS VARCHAR), "{ODD}") AS "{STORED}"'
"""An auditID of a file as readers see it, in DuckDB's words."""

SHOWN = f'* EXCLUDE ("{ODD}") REPLACE ({TEXT})'
"""All columns of a file as readers see them, in DuckDB's words."""


def uuid_bytes(text: str) -> bytes | None:
    """Read a UUID; None for a text that is written in any other way."""
    if len(text) != _CHARACTERS:
        return None
    try:
        value = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
    digits = value.hex()
    return value if "-".join([digits[start:end] for start, end in _GROUPS]) == text else None


def uuid_texts(column: pa.Array) -> pa.Array:
    """Write UUIDs as text."""
    flat = pa.concat_arrays([column.storage])  # without the offset of a slice
    valid, data = flat.buffers()
    digits = pa.py_buffer(b"" if data is None else memoryview(data).hex().encode())
    texts = pa.Array.from_buffers(pa.binary(_DIGITS), len(flat), [valid, digits]).cast(pa.string())
    return pc.binary_join_element_wise(*[pc.utf8_slice_codeunits(texts, *group) for group in _GROUPS], "-")


def shown_rows(rows: pa.Table) -> pa.Table:
    """Return rows of a file, or some of their columns, as readers see them."""
    if STORED not in rows.schema.names:
        return rows
    place, stored = rows.schema.get_field_index(STORED), rows[STORED]
    written = pa.chunked_array([uuid_texts(chunk) for chunk in stored.chunks], pa.string())
    return rows.set_column(place, STORED, pc.coalesce(written, rows[ODD])).drop_columns(ODD)


def shown_schema(table: Table) -> pa.Schema:
    """Return the columns as readers see them."""
    stored = schema_to_pyarrow(table.schema(), include_field_ids=False)
    return pa.schema([_shown_field(field) for field in stored if field.name != ODD])


def _shown_field(field: pa.Field) -> pa.Field:
    return field.with_type(pa.large_string()) if field.name == STORED else field
