"""Prints the rows of `lanner hunt --sql`: as a table, JSON lines, CSV, or into a Parquet file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lanner.archive.query import Answer, hunt, plain
from lanner.archive.store import Archive
from lanner.cli.archive.opening import find_archive
from lanner.cli.console import note
from lanner.cli.streams import open_output

TABLE_ROWS = 10_000


class Way(NamedTuple):
    """How an answer is printed: its form, the file that it goes to, and the memory it may take."""

    form: str
    output: Path | None
    memory: str


def hunt_rows(sql: str, data: Path | None, config: Path | None, way: Way) -> None:
    """Run one SELECT and print what it gives."""
    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    with hunt(archive, sql, memory=way.memory) as answer, open_output(way.output) as stream:
        print_answer(answer, way.form, stream)


def print_answer(answer: Answer, form: str, stream: BinaryIO) -> None:
    """Write an answer in one of the forms of `lanner hunt`."""
    match form:
        case "parquet":
            with pq.ParquetWriter(stream, answer.schema, compression="zstd") as writer:
                for batch in answer.batches:
                    writer.write_batch(batch)
        case "json":
            for row in answer.rows:
                named = dict(zip(answer.columns, map(plain, row), strict=True))
                stream.write(msgspec.json.encode(named) + b"\n")
        case "csv":
            _write_csv(answer, stream)
        case _:
            _write_table(answer, stream)


def _write_csv(answer: Answer, stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows:
        writer.writerow(["" if value is None else _text(value) for value in row])
    text.detach()


def _write_table(answer: Answer, stream: BinaryIO) -> None:
    table = Table(*map(escape, answer.columns), box=None, header_style="bold", pad_edge=False)
    for row in _first(answer.rows):
        table.add_row(*(escape(_text(value)) for value in row))
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
    console = Console(file=text, highlight=False)
    console.print(table, soft_wrap=not console.is_terminal)
    text.detach()


def _first(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number == TABLE_ROWS:
            note(f"only the first {TABLE_ROWS} rows are shown; --format json or csv gives all")
            return
        yield row


def _text(value: object) -> str:
    shown = plain(value)
    return "" if shown is None else str(shown)
