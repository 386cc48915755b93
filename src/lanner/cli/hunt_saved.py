"""Saved hunts of lanner.yaml, for `lanner hunt --saved` and `--list`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from lanner.archive.query import Answer
from lanner.cli.hunt_rows import Way, print_answer
from lanner.cli.streams import open_output
from lanner.config.typed import nearest
from lanner.errors import UsageError
from lanner.settings.hunts import SavedHunt
from lanner.settings.load import load
from lanner.settings.model import Settings

_TEXT = pa.string()
_COLUMNS = pa.schema(
    [
        ("name", _TEXT),
        ("every", _TEXT),
        ("within", _TEXT),
        ("enabled", pa.bool_()),
        ("description", _TEXT),
        ("asks", _TEXT),
    ]
)


def find_saved(name: str, config: Path | None) -> tuple[SavedHunt, Settings]:
    """Return the hunt of this name and the settings that have it; raises UsageError when there is none."""
    settings = _settings(config, "--saved")
    for saved in settings.hunts:
        if saved.name == name:
            return saved, settings
    known = [saved.name for saved in settings.hunts]
    raise UsageError(f"{config} has no hunt '{name}'{nearest(name, known)}")


def list_saved(config: Path | None, way: Way) -> None:
    """Print the hunts that the settings have."""
    rows = [_row(saved) for saved in _settings(config, "--list").hunts]
    batch = pa.RecordBatch.from_pylist(rows, _COLUMNS)
    with open_output(way.output) as stream:
        print_answer(Answer(_COLUMNS, iter([batch])), way.form, stream)


def _settings(config: Path | None, option: str) -> Settings:
    if config is None:
        raise UsageError(f"{option}: say with -c which lanner.yaml has the hunts")
    return load(config).settings


def _row(saved: SavedHunt) -> dict[str, object]:
    return {
        "name": saved.name,
        "every": saved.every,
        "within": saved.looks_back,
        "enabled": saved.enabled,
        "description": saved.description,
        "asks": " ".join(saved.sql.split()) or ", ".join(saved.rules),
    }
