"""`lanner archive verify`, `seal-key`, `anchor`: whether the archive is as it was sealed, and with which key."""

from __future__ import annotations

import datetime as dt
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lanner.archive.reading import reading
from lanner.archive.settings import ArchiveSettings
from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, FormatOption, note, print_json, progress
from lanner.errors import UsageError

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from lanner.archive.seals.anchored import Anchored
    from lanner.archive.seals.finding import Finding
    from lanner.archive.seals.verify import Report
    from lanner.archive.store import Archive


def verify_command(
    *,
    data: Data = None,
    config: Config = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", help="Public key that you keep elsewhere; may be given again. Else the one in the archive."
        ),
    ] = None,
    since: Annotated[str, typer.Option(help="Read only files of this day and later again: 2026-11-24.")] = "",
    head: Annotated[
        str, typer.Option(help="NUMBER:HASH that an earlier verification gave: the chain has to hold it.")
    ] = "",
    format_: FormatOption = Format.text,
) -> None:
    """Hold the archive against its seals: what was changed, removed, added, moved or put back, and which rows it hit.

    Exit code 1 when anything is found. Planned deletions, tier moves and compactions verify as planned.
    """
    from lanner.archive.seals.anchoring import Anchoring  # noqa: PLC0415 - heavy
    from lanner.archive.seals.verify import verify, verify_folder  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    day = _day(since)
    known = [_head(head)] if head else []
    anchors = Anchoring(settings.seals.anchors, folder)
    keys = _keys(settings, folder, key or [])

    def check(archive: Archive) -> Report:
        with reading(archive.folder), progress("verify", archive.total_bytes()) as advance:
            return verify(archive, keys, since=day, anchored=chain(known, anchors.read()), advance=advance)

    report = verify_folder(settings, folder, check)
    _print(report, format_)
    if not report.is_whole:
        raise typer.Exit(1)


def seal_key_command(*, data: Data = None, config: Config = None, format_: FormatOption = Format.text) -> None:
    """Print the public key that seals are verified with and its fingerprint: keep both where the archive is not."""
    from lanner.archive.seals.keys import public_key, public_path, public_text  # noqa: PLC0415 - heavy
    from lanner.archive.seals.link import fingerprint  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    found = public_key(public_path(settings.seals, folder))
    if format_ is Format.json:
        print_json({"key": public_text(found), "fingerprint": fingerprint(found)})
        return
    print(public_text(found), end="")
    note(f"fingerprint {fingerprint(found)}")


def anchor_command(*, data: Data = None, config: Config = None) -> None:
    """Note the newest link at every anchor of archive.seals.anchors now; `lanner run` does it by itself."""
    from lanner.archive.seals.anchoring import Anchoring  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    if not settings.seals.anchors:
        raise UsageError("no anchors are set up; see archive.seals.anchors in docs/seals.md")
    told = Anchoring(settings.seals.anchors, folder).note(dt.datetime.now(dt.UTC), at_once=True)
    for name, problem in told:
        print(f"{name}: {problem or 'noted'}")
    if any(problem for _, problem in told):
        raise typer.Exit(3)
    if not told:
        print("nothing new to note")


def _keys(settings: ArchiveSettings, folder: Path, given: list[Path]) -> list[Ed25519PublicKey]:
    from lanner.archive.seals.keys import public_key, public_path  # noqa: PLC0415 - heavy

    return [public_key(path) for path in given or [public_path(settings.seals, folder)]]


def _print(report: Report, format_: Format) -> None:
    if format_ is Format.json:
        for finding in report.findings:
            print_json(finding)
        print_json({name: getattr(report, name) for name in report.__struct_fields__ if name != "findings"})
        return
    for finding in report.findings:
        print(_told(finding))
    state = "whole" if report.is_whole else "NOT as it was sealed"
    read = f"{report.files:,} files of {report.rows:,} events ({report.bytes:,} bytes)"
    print(f"{state}: {report.links:,} links, {read}, {report.deleted:,} events deleted as planned")
    if report.head:
        print(f"newest link {report.number}:{report.head}")


def _told(finding: Finding) -> str:
    place = f"{finding.file}: " if finding.file else ""
    sealed = f" (sealed by link {finding.link}, {finding.sealed:%Y-%m-%d %H:%M:%S})" if finding.sealed else ""
    return f"{finding.kind}: {place}{finding.message}{sealed}"


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--since: {text!r} is no day; write 2026-11-24") from None


def _head(text: str) -> Anchored:
    from lanner.archive.seals.anchored import Anchored  # noqa: PLC0415 - heavy

    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise UsageError(f"--head: {text!r} is no NUMBER:HASH; write what verify printed as `newest link`")
    return Anchored(int(number), digest, dt.datetime.now(dt.UTC), "--head")
