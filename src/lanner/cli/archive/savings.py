"""`lanner archive savings`: what each part of the archive saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, FormatOption, print_json

if TYPE_CHECKING:
    from lanner.archive.savings import Part

_WORDS = {
    "arrived": "arrived",
    "dropped": "dropped",
    "packed": "saved by columns and compression",
    "expired": "deleted by retention",
    "stored": "stored",
}


def savings_command(data: Data = None, config: Config = None, format_: FormatOption = Format.text) -> None:
    """Say where the bytes went that came in: dropped, packed, deleted, stored.

    Bytes that arrived are those of the events' text, after redaction; those deleted by retention are bytes of files.
    """
    from lanner.archive.listing import list_redacted  # noqa: PLC0415 - heavy
    from lanner.archive.savings import savings  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    parts = savings(archive)
    if format_ is Format.json:
        for part in parts:
            print_json(part)
        return
    print(f"{'part':<44}{'events':>14}{'bytes':>18}{'share':>8}")
    for part in parts:
        print(_row(part, parts[0].bytes))
    for reason, count in sorted(list_redacted(archive).items()):
        print(f"{count:,} values redacted: {reason}")


def _row(part: Part, arrived: int) -> str:
    name = f"{_WORDS[part.part]}: {part.reason}" if part.reason else _WORDS[part.part]
    share = part.bytes / arrived if arrived else 0
    return f"{name:<44}{part.events:>14,}{part.bytes:>18,}{share:>8.1%}"
