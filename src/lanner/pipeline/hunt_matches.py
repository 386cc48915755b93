"""What a scheduled hunt finds, as alerts with an identity by which each is told once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Generator, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from lanner.archive.query import hunt, plain
from lanner.archive.selection import Selection
from lanner.archive.store import Archive
from lanner.audit.event import SOURCE
from lanner.audit.redaction.redactor import Redactor
from lanner.config.folders import DataFolder
from lanner.config.salt import load_salt
from lanner.detect.alert import Alert, Origin, decode_alert, encode_alert, time_text
from lanner.detect.engine import Engine
from lanner.errors import UsageError
from lanner.pipeline.hunting import hunt_rules
from lanner.pipeline.rulebook import load_named
from lanner.settings.hunts import SavedHunt
from lanner.settings.model import Settings

TAG = "hunt"
MOST_ROW_BYTES = 256 * 1024
DIGEST_BYTES = 16


class Match(NamedTuple):
    """An encoded alert and what tells it from others of its hunt."""

    identity: bytes
    alert: bytes


def find_matches(
    settings: Settings, saved: SavedHunt, archive: Archive, now: dt.datetime, stop: threading.Event
) -> Generator[Match]:
    """Ask one hunt over its window up to `now`; ends with a KeyboardInterrupt when `stop` is set.

    Raises UsageError for rules that are not there, SourceError for wrong SQL, GroundError.
    """
    window = Selection(since=now - saved.window, until=now)
    if saved.rules:
        yield from _of_rules(settings, saved, archive, window, stop)
        return
    with hunt(archive, saved.sql, selection=window, stop=stop) as answer:
        for row in answer.rows:
            yield _of_row(saved, dict(zip(answer.columns, row, strict=True)), now, settings.host)


def _of_rules(
    settings: Settings, saved: SavedHunt, archive: Archive, window: Selection, stop: threading.Event
) -> Iterator[Match]:
    rules, correlations = load_named(settings.rules, saved.rules)
    # Parts of the archive may be older than redaction, or imported without it.
    redaction = settings.redaction
    salt = DataFolder(settings.data_folder).salt
    shown = Redactor(redaction, load_salt(salt)).redact_event if redaction.enabled else None
    engine = Engine(rules, correlations=correlations, matching="all", hostname=settings.host, shown=shown)
    with hunt_rules(archive, engine, window, stop=stop) as found:
        for encoded in found.alerts:
            alert = decode_alert(encoded)
            parts = [alert.rule, alert.lanner.audit_id, alert.lanner.stage, alert.time]
            yield Match(_digest(msgspec.json.encode(parts)), encoded)


def _of_row(saved: SavedHunt, row: dict[str, Any], now: dt.datetime, hostname: str) -> Match:
    shown = msgspec.json.encode({name: plain(value) for name, value in row.items()})
    if len(shown) > MOST_ROW_BYTES:
        raise UsageError(f"a row has more than {MOST_ROW_BYTES // 1024} KB; select fewer columns")
    fields: dict[str, Any] = msgspec.json.decode(shown)
    audit_id = fields.get("audit_id")
    known = audit_id if isinstance(audit_id, str) else ""
    alert = Alert(
        time=_time(row.get("time"), now),
        rule=saved.name,
        priority=saved.priority.capitalize(),
        source=SOURCE,
        tags=[TAG],
        output=" ".join(f"{name}={_text(value)}" for name, value in fields.items()),
        output_fields=fields,
        hostname=hostname,
        lanner=Origin(audit_id=known, related=[known] if known else []),
    )
    return Match(_digest(shown), encode_alert(alert))


def _digest(text: bytes) -> bytes:
    return sha256(text).digest()[:DIGEST_BYTES]


def _text(value: object) -> str:
    if value is None:
        return "<NA>"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _time(value: object, now: dt.datetime) -> str:
    at = value if isinstance(value, dt.datetime) else now
    since = at.replace(tzinfo=at.tzinfo or dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return time_text(since // dt.timedelta(microseconds=1) * 1000)
