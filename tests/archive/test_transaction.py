"""A commit works the metadata out once a step, and sees what pyiceberg's own transaction would see."""

from lanner.archive.transaction import Staging


def test_staged_updates_are_seen_at_once_and_only_there(archive, make_row):
    """The table itself stays as it is until the commit."""
    archive.append([make_row()])
    staging = Staging(archive.table)
    assert staging.table_metadata is archive.table.metadata
    staging.set_properties({"note": "one"})
    seen = staging.table_metadata
    assert seen.properties["note"] == "one"
    assert staging.table_metadata is seen
    staging.set_properties({"note": "two"})
    assert staging.table_metadata.properties["note"] == "two"
    assert "note" not in archive.table.metadata.properties
    staging.commit_transaction()
    assert archive.refresh().properties["note"] == "two"
