"""Fills an archive with as many events as wanted: real ones repeated with other times, names, users and auditIDs.

Columns are repeated, not lines, so that 100 million events take minutes. Files are those of a compacted archive: of
one day and cluster each, sorted, in row groups. What alerts is there once a day and cluster; nothing is sealed.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lanner import content
from lanner.archive.auditids import STORED, shown_rows
from lanner.archive.change import Change, NoSeal
from lanner.archive.compaction.compactor import PAGE_BYTES
from lanner.archive.datafiles import GROUP_ROWS, Layout, Partition, file_schema
from lanner.archive.importing import importer
from lanner.archive.query import plan_files
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.detect.engine import Engine
from lanner.rules.loading import load_files
from lanner.sources.history import read_lines

DAY_EVENTS = 500_000
"""Events of one day and cluster."""
CLUSTERS = 5
LAYOUT = Layout(level=3, page_bytes=PAGE_BYTES, dictionary=False, sorted=True)
"""That of compacted files, packed less hard."""
SORTED = ["resource", "subresource", "verb", "namespace", "name", "time"]
DAY = 86_400_000_000
FIRST_DAY = 20_454
"""2026-01-01, in days since 1970."""


def imported(log: Path, folder: Path) -> tuple[pa.Table, float, float]:
    """Import a log through the archive; return its rows and how many events a second and a CPU second that were."""
    archive = Archive.open(ArchiveSettings(), folder)
    started, worked = time.perf_counter(), time.process_time()
    with importer(archive, ArchiveSettings()) as imports:
        events = imports.run(str(log), lambda: read_lines(log)).events
    rate, of_cpu = events / (time.perf_counter() - started), events / (time.process_time() - worked)
    archive.refresh()
    tables = [pq.ParquetFile(path.removeprefix("file://")).read() for path in plan_files(archive)]
    return pa.concat_tables(tables).combine_chunks(), rate, of_cpu


def one_day(base: pa.Table, quiet: pa.Table, events: int, cluster: int) -> pa.Table:
    """Repeat rows over one day, all of them once and the quiet ones as often as it takes, in the archive's order."""
    copies = max((events - base.num_rows) // quiet.num_rows + 1, 1)
    parts = [_copy(quiet if copy else base, f"-{cluster}x{copy}", copy, DAY // copies) for copy in range(copies)]
    rows = pa.concat_tables(parts)
    rows = _put(rows, "cluster", pa.array([f"cluster-{cluster}"] * rows.num_rows))
    return rows.take(pc.sort_indices(rows.select(SORTED), [(name, "ascending") for name in SORTED]))


def _copy(base: pa.Table, mark: str, copy: int, span: int) -> pa.Table:
    """Move rows to one part of the day; names, namespaces and people get a mark, system accounts stay."""
    times = base["time"].cast(pa.int64())
    first, last = pc.min(times).as_py(), pc.max(times).as_py()
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


def without_alerts(base: pa.Table) -> pa.Table:
    """Leave out the events on which lanner's own rules fire: the log is of attacks, which are rare elsewhere."""
    engine = Engine(load_files([content.FOLDER]).require().rules)
    events = [decode(rebuild_line(values)).events[0] for values in shown_rows(base).select(REBUILD).to_pylist()]
    return base.filter(pa.array([not engine.process(event) for event in events]))


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
        ids = seed.randbytes(16 * rows.num_rows)
        yield _put(rows, STORED, pa.array([ids[at : at + 16] for at in range(0, len(ids), 16)], pa.uuid()))


def fill(archive: Archive, templates: list[pa.Table], events: int, seed: random.Random) -> int:
    """Add so many events in sorted files, one commit a day of all clusters; return how many they are."""
    done, day = 0, FIRST_DAY
    schema = file_schema(archive.table)
    sources = [days(template, events // template.num_rows + 1, seed) for template in templates]
    while done < events:
        added = []
        for cluster, source in enumerate(sources):
            rows = next(source).slice(0, events - done).cast(schema)
            writer = archive.writer(Partition(day, f"cluster-{cluster}"), LAYOUT)
            for start in range(0, rows.num_rows, GROUP_ROWS):
                writer.write(rows.slice(start, GROUP_ROWS))
            added.append(writer.close())
            done += rows.num_rows
            if done >= events:
                break
        archive.exchange(Change("append", added=added))
        day += 1
    return done


def make(log: Path, events: int, folder: Path) -> dict[str, float | int]:
    """Make an archive of so many events below a folder; return what it took and what it takes."""
    with tempfile.TemporaryDirectory() as scratch:
        base, rate, of_cpu = imported(log, Path(scratch))
    worked = time.process_time()
    per_day = min(DAY_EVENTS, events)
    clusters = CLUSTERS if events > per_day * CLUSTERS else 1
    quiet = without_alerts(base)
    templates = [one_day(base, quiet, per_day, cluster) for cluster in range(clusters)]
    archive = Archive.open(ArchiveSettings(), folder, seal=NoSeal())
    done = fill(archive, templates, events, random.Random(7))
    files = [task.file for task in archive.table.scan().plan_files()]
    archive.close()
    size = sum(file.file_size_in_bytes for file in files)
    return {
        "events": done,
        "files": len(files),
        "bytes": size,
        "bytes_per_event": round(size / done, 1),
        "cpu_seconds_to_make": round(time.process_time() - worked, 1),
        "imported_events_per_second": round(rate),
        "imported_events_per_cpu_second": round(of_cpu),
    }
