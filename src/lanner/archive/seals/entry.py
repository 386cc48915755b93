"""What the table's metadata says of a data file and of itself, as digests: an edit there can hide rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

_COUNTS = ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds")
_DIGITS = 32
SEAL = "lanner.seal"
_NAMES = "schema.name-mapping.default"


def file_name(table: Table, location: str) -> str:
    """Return a file's location as the chain names it: from the table's own folder on, else whole."""
    return location.removeprefix(f"{table.location()}/")


def entry_digest(file: DataFile) -> str:
    """Return the digest of a manifest's entry, all but the file's place."""
    said = {name: sorted((getattr(file, name) or {}).items()) for name in _COUNTS}
    partition = [file.partition[index] for index in range(len(file.partition))]
    return _digest([partition, file.record_count, file.file_size_in_bytes, said])


def table_digest(table: Table) -> str:
    """Return the digest of the table's columns, partitions and names: what makes readers see a file's rows."""
    schema = [[field.field_id, field.name, str(field.field_type)] for field in table.schema().fields]
    spec = [[field.source_id, field.name, str(field.transform)] for field in table.spec().fields]
    return _digest([schema, spec, table.properties.get(_NAMES)])


def says_digest(says: Mapping[str, str]) -> str:
    """Return the digest of a snapshot's own keys but the seal: position, imports, drops, holds."""
    return _digest(sorted((key, text) for key, text in says.items() if key.startswith("lanner.") and key != SEAL))


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:_DIGITS]
