"""Fills an archive with as many events as wanted: real ones repeated with other times, names, users and auditIDs.

Columns are repeated, not lines, so that 100 million events take minutes. Files are those of a compacted archive: one
day and cluster each, sorted, in row groups of 131,072 rows.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lanner.archive.importing import importer
from lanner.archive.query import connect, plan_files
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.sources.history import read_lines

FILE_EVENTS = 500_000
GROUP_ROWS = 131_072
PAGE_BYTES = 16 * 1024 * 1024
CLUSTERS = 5
SORTED = ["resource", "subresource", "verb", "namespace", "name", "time"]
DAY = 86_400_000_000
FIRST_DAY = 20_454
"""2026-01-01, in days since 1970."""


def imported(log: Path, folder: Path) -> tuple[pa.Table, float]:
    """Import a log through the archive; return its rows and how many events a second that were."""
    archive = Archive.open(ArchiveSettings(), folder)
    started = time.perf_counter()
    with importer(archive, ArchiveSettings()) as imports:
        events = imports.run(str(log), lambda: read_lines(log)).events
    rate = events / (time.perf_counter() - started)
    archive.refresh()
    tables = [pq.ParquetFile(path.removeprefix("file://")).read() for path in plan_files(archive)]
    return pa.concat_tables(tables).combine_chunks(), rate


def one_day(base: pa.Table, events: int, cluster: int) -> pa.Table:
    """Repeat rows over one day: names, namespaces and people get a mark that differs, system accounts stay."""
    copies = max(events // base.num_rows, 1)
    times = base["time"].cast(pa.int64())
    first, last = pc.min(times).as_py(), pc.max(times).as_py()
    parts = [_copy(base, f"-{cluster}x{copy}", copy, copies, first, last) for copy in range(copies)]
    rows = pa.concat_tables(parts)
    rows = _put(rows, "cluster", pa.array([f"cluster-{cluster}"] * rows.num_rows))
    return rows.take(pc.sort_indices(rows.select(SORTED), [(name, "ascending") for name in SORTED]))


def _copy(base: pa.Table, mark: str, copy: int, copies: int, first: int, last: int) -> pa.Table:
    span = DAY // copies
    pace = max((last - first) // span + 1, 1)
    rows = base
    for name in ("time", "received"):
        since = pc.divide(pc.subtract(base[name].cast(pa.int64()), first), pace)
        rows = _put(rows, name, pc.add(since, FIRST_DAY * DAY + copy * span).cast(base[name].type))
    marked = {
        "name": pc.is_valid(base["name"]),
        "namespace": pc.and_(pc.invert(pc.match_substring(base["namespace"], "kube-")), pa.scalar(copy % 3 != 0)),
        "username": pc.and_(pc.match_substring(base["username"], "@"), pa.scalar(copy % 2 == 1)),
    }
    for name, where in marked.items():
        rows = _put(rows, name, pc.if_else(where, pc.binary_join_element_wise(base[name], mark, ""), base[name]))
    return rows


def _put(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(name), values)


def days(template: pa.Table, count: int, seed: random.Random) -> Iterator[pa.Table]:
    """Give a day's rows for each of so many days: other times and auditIDs, the order stays."""
    for day in range(count):
        rows = template
        for name in ("time", "received"):
            moved = pc.add(template[name].cast(pa.int64()), day * DAY)
            rows = _put(rows, name, moved.cast(template[name].type))
        digits = seed.randbytes(16 * rows.num_rows).hex()
        rows = _put(rows, "audit_id", pa.array([digits[at : at + 32] for at in range(0, len(digits), 32)]))
        yield rows
