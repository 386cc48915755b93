"""Prints the alerts that rules have in the archive, for `lanner hunt`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import pyarrow as pa

from lanner import content
from lanner.archive.listing import list_redacted
from lanner.archive.query import Answer
from lanner.archive.selection import Selection
from lanner.archive.store import Archive
from lanner.audit.redaction.settings import RedactionSettings
from lanner.cli.archive.opening import find_archive
from lanner.cli.console import note, portion
from lanner.cli.hunt_rows import Way, print_answer
from lanner.cli.moments import read_moment
from lanner.cli.replay import read_matching
from lanner.cli.rules.choosing import choose
from lanner.cli.rules.loading import load
from lanner.cli.streams import open_output
from lanner.detect.alert import Alert, decode_alert
from lanner.detect.engine import Engine
from lanner.pipeline.hunting import Hunt, hunt_rules
from lanner.pipeline.replay import counts_events
from lanner.rules.correlation.chains import enabled_only
from lanner.rules.correlation.model import Correlation
from lanner.rules.loading import LoadedRules
from lanner.rules.redaction import conflicts
from lanner.rules.ruleset import Rule

BATCH_ALERTS = 1000
_TEXT = pa.string()
_COLUMNS = pa.schema(
    [
        ("time", _TEXT),
        ("priority", _TEXT),
        ("rule", _TEXT),
        ("output", _TEXT),
        ("output_fields", _TEXT),
        ("tags", pa.list_(_TEXT)),
        ("source", _TEXT),
        ("hostname", _TEXT),
        ("audit_id", _TEXT),
        ("stage", _TEXT),
    ]
)
_SHOWN = ("time", "priority", "rule", "output")


class Asked(NamedTuple):
    """What the user wants to hunt for, as written in options."""

    names: tuple[str, ...]
    files: tuple[Path, ...]
    matching: str
    since: str
    until: str
    cluster: str
    hostname: str
    correlations: bool
    pipelines: tuple[Path, ...] = ()


def hunt_alerts(asked: Asked, data: Path | None, config: Path | None, way: Way) -> None:
    """Print the alerts and, on stderr, what SQL left to the engine."""
    selection = Selection(
        since=read_moment(asked.since, "--since"),
        until=read_moment(asked.until, "--until"),
        cluster=asked.cluster or None,
    )
    engine = _engine(asked)
    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    with (
        portion("hunt") as progress,
        hunt_rules(archive, engine, selection, memory=way.memory, progress=progress) as hunt,
        open_output(way.output) as stream,
    ):
        alerts = _Counted(hunt.alerts)
        _write(alerts, way.form, stream)
    _report(engine, hunt, alerts.count)
    if list_redacted(archive):
        _report_redacted(engine.rules)


class _Counted:
    """Alerts that are counted while they are taken."""

    def __init__(self, alerts: Iterator[bytes]) -> None:
        self.count = 0
        self._alerts = alerts

    def __iter__(self) -> Iterator[bytes]:
        for alert in self._alerts:
            self.count += 1
            yield alert


def _engine(asked: Asked) -> Engine:
    loaded = load(list(asked.files) or [content.FOLDER], list(asked.pipelines))
    if not loaded.rules and not loaded.correlations:
        note("warning: no rule is loaded, so there can be no alert")
    rules, correlations = loaded.rules, loaded.correlations if asked.correlations else []
    if asked.names:
        rules, correlations = _chosen(asked.names, loaded)
    return Engine(rules, correlations=correlations, matching=read_matching(asked.matching), hostname=asked.hostname)


def _chosen(names: tuple[str, ...], loaded: LoadedRules) -> tuple[list[Rule], list[Correlation]]:
    """Return what is asked for by its name; it is tried even when it is disabled."""
    titles = {correlation.name for correlation in loaded.correlations}
    wanted = {
        name if name in titles else choose(name, loaded.rules, loaded.linker.collector.rules).name for name in names
    }
    return (
        [msgspec.structs.replace(rule, enabled=True) for rule in loaded.rules if rule.name in wanted],
        enabled_only(loaded.correlations, wanted),
    )


def _write(alerts: _Counted, form: str, stream: BinaryIO) -> None:
    if form == "json":
        stream.writelines(alert + b"\n" for alert in alerts)
        return
    schema = pa.schema([_COLUMNS.field(name) for name in _SHOWN]) if form == "table" else _COLUMNS
    print_answer(Answer(schema, _batches(iter(alerts), schema)), form, stream)


def _batches(alerts: Iterator[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while batch := list(itertools.islice(alerts, BATCH_ALERTS)):
        yield pa.RecordBatch.from_pylist([_row(decode_alert(alert)) for alert in batch], schema)


def _row(alert: Alert) -> dict[str, Any]:
    return {
        **{name: getattr(alert, name) for name in ("time", "priority", "rule", "output", "tags", "source", "hostname")},
        "output_fields": msgspec.json.encode(alert.output_fields).decode(),
        "audit_id": alert.lanner.audit_id,
        "stage": alert.lanner.stage,
    }


def _report(engine: Engine, hunt: Hunt, alerts: int) -> None:
    rules = f"{len(engine.rules)} rules"
    if engine.correlations:
        rules += f" and {len(engine.correlations)} correlations"
    note(f"{alerts} alerts of {rules}; SQL found {hunt.candidates} events for them to decide on")
    if counts_events(engine.rules):
        note("a rule uses evt.num, which counts the events of a stream: in a hunt it is 0")
    if hunt.refused:
        note(f"{len(hunt.refused)} rules have parts that SQL does not say; they were decided event by event:")
    for rule, parts in hunt.refused.items():
        note(f"  {rule}: {'; '.join(parts)}")
    if engine.render_errors:
        note(f"{engine.render_errors} alerts could not fill in their output")


def _report_redacted(rules: list[Rule]) -> None:
    """Name the rules that compare what the archive holds as marks only; by the default settings of redaction."""
    blinded = [rule.name for rule in rules if conflicts(rule.condition, RedactionSettings())]
    if blinded:
        note(
            "the archive is redacted; these rules compare values that were replaced and may have other alerts than the"
        )
        note(f"stream had (`lanner rules check` says which values): {', '.join(blinded)}")
