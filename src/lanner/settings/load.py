"""Reads a settings file, lanner.yaml or falco.yaml, and says what of it needs the user's eye."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lanner import outputs
from lanner.config import yamltext
from lanner.config.typed import convert
from lanner.config.yamltext import Node, Scalar
from lanner.errors import SourceError, UsageError
from lanner.settings import environment, paths
from lanner.settings.falco import FALCO_KEYS, from_falco
from lanner.settings.files import read_document
from lanner.settings.model import Settings
from lanner.settings.notes import Note


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings and what is to be said about them once, at start."""

    settings: Settings
    notes: tuple[Note, ...] = ()


def load(path: Path, variables: Mapping[str, str] = os.environ) -> LoadedSettings:
    """Read lanner.yaml or falco.yaml, told apart by their keys.

    Raises SourceError with file, line and column, UsageError when there is no such file, GroundError
    when it cannot be read.
    """
    root = read_document(path)
    if _is_falco(root, path):
        settings, notes = from_falco(root, path, variables)
    else:
        settings = _from_lanner(root, path, variables)
        notes = _retention_notes(settings, root, path)
    settings = paths.resolve(settings, path.absolute().parent)
    _check_names(settings, path)
    return LoadedSettings(settings, tuple(notes))


def _is_falco(root: Node, path: Path) -> bool:
    """Judge by the keys that only one of the two has; when that is a tie, by the file's name."""
    keys = {key.text for key, _ in root.entries} if isinstance(root, yamltext.Mapping) else set()
    lanner_keys = set(Settings.__struct_fields__)
    falco, lanner = len(keys & (FALCO_KEYS - lanner_keys)), len(keys & (lanner_keys - FALCO_KEYS))
    return path.name.startswith("falco") if falco == lanner else falco > lanner


def _from_lanner(root: Node, path: Path, variables: Mapping[str, str]) -> Settings:
    def missing(name: str, scalar: Scalar) -> str:
        message = f"the environment variable {name} is not set; set it, or write $${{{name}}} for the text itself"
        raise SourceError(message, file=str(path), line=scalar.line, column=scalar.column)

    if isinstance(root, Scalar) and not root.text:
        return Settings()
    return convert(environment.expand(root, variables, missing), Settings, file=str(path))


def _retention_notes(settings: Settings, root: Node, path: Path) -> list[Note]:
    """Warn of rules of retention that keep less than the preset asks for, with their lines."""
    found = settings.archive.retention.below_preset()
    if not found:
        return []
    rules = _below(root, "archive", "retention", "rules")
    lines = [item.line for item in rules.items] if isinstance(rules, yamltext.Sequence) else []
    return [Note("warning", f"{path}:{lines[place]}: {text}") for place, text in found]


def _below(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, yamltext.Mapping) else None
    return node


def _check_names(settings: Settings, path: Path) -> None:
    """Refuse two outputs or hunts of one name: their delivery cursors, or what they remember, would be one."""
    kinds = {
        "outputs": [outputs.create(output).name for output in settings.outputs],
        "hunts": [hunt.name for hunt in settings.hunts],
    }
    for kind, names in kinds.items():
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise UsageError(f"{path}: two {kind} are called '{twice[0]}'; give each a `name` of its own")
