"""Translates a whole falco.yaml and collects what lanner does not take from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from lanner.archive.settings import ArchiveSettings
from lanner.config import yamltext
from lanner.config.yamltext import Node, Scalar
from lanner.detect.habits import HabitSettings
from lanner.settings import environment
from lanner.settings.falco import keys
from lanner.settings.falco.include import merge_config_files
from lanner.settings.falco.outputs import output_settings, throttle_settings
from lanner.settings.falco.plugins import plugin_sources
from lanner.settings.falco.reader import Origins, Reader
from lanner.settings.falco.rules import rules_settings
from lanner.settings.falco.webserver import web_settings
from lanner.settings.model import LogLevel, Settings
from lanner.settings.notes import Note
from lanner.sources import SourceSettings
from lanner.sources.file import FileSettings

_AUDIT_KNOWN = frozenset({"enabled", "hostname", "file"})
_LOG_LEVELS = {
    **dict.fromkeys(("emergency", "alert", "critical", "error"), "error"),
    "warning": "warning",
    **dict.fromkeys(("notice", "info", "informational", ""), "info"),
    "debug": "debug",
}


def from_falco(root: Node, path: Path, variables: Mapping[str, str]) -> tuple[Settings, list[Note]]:
    """Return the settings that a falco.yaml means and the notes for the user.

    Raises SourceError where a value cannot be what Falco wants there.
    """
    origins = Origins(str(path))
    reader, notes = _merged(root, path, origins, variables)
    hostname, audit_sources, audit_notes = _audit_log(reader)
    plugins, plugin_notes = plugin_sources(reader)
    outputs, output_notes = output_settings(reader)
    rules, rule_notes = rules_settings(reader, path.absolute().parent)
    web, web_sources, web_notes = web_settings(reader)
    sources = [*audit_sources, *plugins, *web_sources]
    notes += [*audit_notes, *plugin_notes, *output_notes, *rule_notes, *web_notes]
    if not sources:
        notes.append(Note("warning", "no source of audit events is enabled: set auditLog.file or the plugin k8saudit"))
    settings = Settings(
        hostname=hostname,
        log_level=_log_level(reader),
        sources=tuple(sources),
        rules=rules,
        outputs=tuple(outputs),
        throttle=throttle_settings(reader),
        habits=HabitSettings(enabled=False),  # priorities stay as Falco gives them
        archive=ArchiveSettings(),
        web=web,
    )
    return settings, [*notes, *_unsupported(reader)]


def _merged(root: Node, path: Path, origins: Origins, variables: Mapping[str, str]) -> tuple[Reader, list[Note]]:
    notes: list[Note] = []

    def missing(name: str, scalar: Scalar) -> str:
        place = f"{origins.place(scalar)}:{scalar.line}:{scalar.column}"
        notes.append(Note("warning", f"{place}: the environment variable {name} is not set; it counts as empty"))
        return ""

    def prepare(node: Node) -> Node:
        return environment.expand(node, variables, missing)

    node = prepare(root)
    if isinstance(node, yamltext.Mapping):
        node, more = merge_config_files(node, path.absolute().parent, origins, prepare)
        notes += more
    return Reader(node, origins), notes


def _audit_log(root: Reader) -> tuple[str, list[SourceSettings], list[Note]]:
    """Read the block of Falco 0.13 to 0.31: a log file and the name that goes into every alert."""
    section = root.section("auditLog")
    notes = section.unknown(_AUDIT_KNOWN)
    if "auditLog" not in root or not section.flag("enabled", default=True):
        return "", [], notes
    file = section.text("file")
    return section.text("hostname"), [FileSettings(path=file)] if file else [], notes


def _log_level(root: Reader) -> LogLevel:
    word = root.text("log_level").lower()
    if word in _LOG_LEVELS:
        return cast(LogLevel, _LOG_LEVELS[word])
    node = root.get("log_level")
    assert node is not None
    raise root.origins.error(node, f"log_level: '{word}' is none of {', '.join(filter(None, _LOG_LEVELS))}")


def _unsupported(root: Reader) -> list[Note]:
    """Name what is switched on here and missing in lanner, then, in one line, what has no effect."""
    present = [key for key in sorted(keys.FALCO_KEYS) if key in root]
    switched = [key for key in present if key in keys.SWITCHED and root.section(key).flag("enabled", default=False)]
    idle = [key for key in present if key in keys.SWITCHED | keys.SYSCALLS | keys.REPLACED and key not in switched]
    notes = root.unknown(keys.FALCO_KEYS)
    if switched:
        notes.append(Note("warning", f"switched on in this file but not supported by lanner: {', '.join(switched)}"))
    if idle:
        notes.append(Note("info", f"without effect in lanner: {', '.join(idle)}"))
    return notes
