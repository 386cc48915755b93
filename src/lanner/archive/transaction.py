"""A transaction on the table that works out once, not at every look, what the metadata becomes by what is staged."""

from __future__ import annotations

from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata


class Staging(Transaction):
    """pyiceberg's own copies all metadata some eighteen times a commit: most of a commit's processor time."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._staged: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata with the staged updates; nobody may change it."""
        base, updates = self._table.metadata, self._updates
        if not updates:
            return base
        if self._staged is None or self._staged[0] is not base or self._staged[1] is not updates:
            self._staged = base, updates, super().table_metadata
        return self._staged[2]
