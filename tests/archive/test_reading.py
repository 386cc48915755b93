"""Readers and the sweep keep out of each other's way."""

from lanner.archive.reading import reading, unread


def test_readers_share_and_the_sweep_waits_for_none(tmp_path):
    """Two may read; meanwhile nothing may be deleted."""
    with unread(tmp_path) as free:
        assert free
    with reading(tmp_path), reading(tmp_path), unread(tmp_path) as free:
        assert not free


def test_who_may_not_write_reads_without(tmp_path):
    """The archive's folder is not theirs."""
    with reading(tmp_path / "none"):
        assert not (tmp_path / "none").exists()
