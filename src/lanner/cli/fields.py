"""`lanner fields`: what each event gives for every field that rules can ask, and the table of those fields."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.fields import FIELDS, Extractor, FieldError, FieldInfo, lookup
from lanner.cli.console import Format, note, print_json
from lanner.errors import UsageError
from lanner.outputs.form import escape_controls
from lanner.sources.history import read_lines

Extractors = Mapping[str, Extractor]


def fields(
    events: Annotated[
        Path | None, typer.Argument(metavar="EVENTS", help="Audit log: a file (plain, .gz, .zst), a folder, or -.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[ARGUMENT]",
            help="One more field, with its argument in brackets where it takes one. Repeatable.",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the table of all fields instead.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="json: one JSON object a line.")] = Format.text,
) -> None:
    """Print the fields of each event as rules see them; fields without a value are left out.

    Shown are all ka.* fields that need no argument, and those asked for with --field. Lines that are no audit events
    are named on stderr; the exit code is 1 when there was nothing but such lines.
    """
    if list_:
        _print_table(format_)
    elif events is None:
        raise UsageError("name a file of audit events, or ask for the table with --list")
    else:
        _print_events(events, _extractors(field or ()), format_)


def _extractors(asked: Iterable[str]) -> Extractors:
    # ka.auditid heads each event already.
    names = [name for name, info in FIELDS.items() if name.startswith("ka.") and not info.required]
    found = {name: lookup(name, None) for name in names if name != "ka.auditid"}
    return found | {written: _asked(written) for written in asked}


def _asked(written: str) -> Extractor:
    name, bracket, rest = written.partition("[")
    if bracket and not rest.endswith("]"):
        raise UsageError(f"--field {written}: the bracket is not closed")
    try:
        return lookup(name, rest[:-1] if bracket else None)
    except FieldError as error:
        raise UsageError(f"--field {written}: {error}; `lanner fields --list` names all fields") from None


def _print_events(path: Path, extractors: Extractors, format_: Format) -> None:
    count = refused = 0
    for found in _read(path):
        if isinstance(found, str):
            refused += 1
            note(found)
            continue
        count += 1
        found.number = count
        _print_event(found, extractors, format_)
    if refused and not count:
        raise typer.Exit(1)


def _read(path: Path) -> Iterator[Event | str]:
    """Yield events, and for what is none a text that names place and reason."""
    for line in read_lines(path):
        place = f"{line.file or path}:{line.number}"
        if line.oversized:
            yield f"{place}: too long: {line.size} bytes"
            continue
        decoded = decode(line.data)
        yield from decoded.events
        for refusal in decoded.refusals:
            yield f"{place}: {refusal.reason}" + (f" (item {refusal.index})" if refusal.index else "")


def _print_event(event: Event, extractors: Extractors, format_: Format) -> None:
    values = {name: _shown(value) for name, extract in extractors.items() if (value := extract(event)) is not None}
    if format_ is Format.json:
        print_json({"auditID": event.head.audit_id, "fields": values})
        return
    sys.stdout.write(f"{escape_controls(event.head.audit_id or '')}\n")
    for name, value in values.items():
        sys.stdout.write(f"  {name} = {escape_controls(', '.join(value) if isinstance(value, list) else value)}\n")


def _shown(value: Any) -> str | list[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, list) else str(value)


def _print_table(format_: Format) -> None:
    rows = [_row(info) for info in FIELDS.values()]
    if format_ is Format.json:
        for row in rows:
            print_json(row)
        return
    columns = ("name", "type", "argument", "description")
    widths = [max(len(row[column]) for row in rows) for column in columns[:3]]
    for row in (dict(zip(columns, map(str.upper, columns), strict=True)), *rows):
        cells = [row[column].ljust(width) for column, width in zip(columns, widths, strict=False)]
        sys.stdout.write("  ".join([*cells, row["description"]]) + "\n")


def _row(info: FieldInfo) -> dict[str, str]:
    return {
        "name": info.name,
        "type": info.type + (" list" if info.is_list else ""),
        "argument": info.argument + (", required" if info.required else ""),
        "description": info.description,
    }
