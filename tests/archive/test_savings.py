"""The account adds up: what arrived is what was dropped, packed, deleted and is stored."""

from lanner.archive.change import ARCHIVED, Change
from lanner.archive.compaction.compactor import Compactor, Pace
from lanner.archive.savings import savings


def account(archive):
    parts = savings(archive)
    assert parts[0].bytes == sum(part.bytes for part in parts[1:])
    assert parts[0].events == sum(part.events for part in parts[1:])
    return {part.reason or part.part: (part.events, part.bytes) for part in parts}


def test_an_archive_without_events_saves_nothing(archive):
    """All is nought."""
    assert set(account(archive).values()) == {(0, 0)}


def test_what_came_went_and_stayed(archive, make_row):
    """Dropped events with their text, files deleted by retention; compaction moves bytes from stored to packed."""
    rows = [make_row(number, day=1 + number % 2) for number in range(40)]
    raw = sum(len(row.raw) for row in rows)
    archive.append(
        rows[:20], dropped={"drop x": 3}, raw={ARCHIVED: sum(len(row.raw) for row in rows[:20]), "drop x": 900}
    )
    archive.append(
        rows[20:], dropped={"drop x": 1}, raw={ARCHIVED: sum(len(row.raw) for row in rows[20:]), "drop x": 100}
    )
    first = account(archive)
    assert first["arrived"] == (44, raw + 1000)
    assert first["drop x"] == (4, 1000)
    assert first["expired"] == (0, 0)
    while Compactor(archive, Pace(level=9, group_bytes=1 << 20)).step():
        pass
    second = account(archive)
    assert second["stored"][1] < first["stored"][1]
    gone = next(task.file for task in archive.refresh().scan().plan_files())
    archive.exchange(Change("expire", removed=[gone]))
    third = account(archive)
    assert third["expired"] == (20, gone.file_size_in_bytes)
    assert third["packed"] == second["packed"]
    assert third["arrived"] == (44, raw + 1000)
