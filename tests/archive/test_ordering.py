"""Exports are in the order of arrival, in one sort or in parts on disk."""

import random

import pytest

from lanner.archive import ordering
from lanner.archive.export import export_batches, export_lines
from lanner.archive.row import Row
from lanner.archive.selection import Selection


@pytest.fixture
def rows(event):
    return [
        Row(raw=event(number, day=1 + number % 3), source=source, ordinal=number // 2, item=number % 2)
        for source in ("a", "b")
        for number in range(40)
    ]


@pytest.mark.parametrize("part_bytes", [1, 2500, 20_000, 10**9])
@pytest.mark.parametrize("open_parts", [1, 3, 128])
def test_the_order_does_not_depend_on_the_parts(archive, rows, monkeypatch, part_bytes, open_parts):
    """Rows that came in any order, in several commits; some have the same place."""
    monkeypatch.setattr(ordering, "PART_BYTES", part_bytes)
    monkeypatch.setattr(ordering, "OPEN_PARTS", open_parts)
    shuffled = random.Random(part_bytes).sample(rows, len(rows))
    archive.append(shuffled[:30])
    archive.append(shuffled[30:])
    assert list(export_lines(archive)) == [row.raw for row in rows]
    assert len(list(export_lines(archive, Selection(source="b")))) == 40


def test_only_the_columns_asked_for_come(archive, rows, monkeypatch):
    """Not those that the order is made by."""
    monkeypatch.setattr(ordering, "PART_BYTES", 5000)
    archive.append(rows)
    batches = list(export_batches(archive, ["name", "groups"], lists_as_text=True))
    assert [batch.schema.names for batch in batches] == [["name", "groups"]] * len(batches)
    assert [name for batch in batches for name in batch["name"].to_pylist()] == [f"p{n}" for n in range(40)] * 2
