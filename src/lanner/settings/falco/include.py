"""Falco's `config_files`: further files and folders merged into falco.yaml, each by its strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lanner.config import yamltext
from lanner.config.yamltext import Mapping, Node, Scalar
from lanner.settings.falco.reader import Origins, Reader
from lanner.settings.files import read_document
from lanner.settings.notes import Note

MAX_FILES = 500
_STRATEGIES = ("append", "override", "add-only")
Prepare = Callable[[Node], Node]


def merge_config_files(root: Mapping, folder: Path, origins: Origins, prepare: Prepare) -> tuple[Mapping, list[Note]]:
    """Return the root with all included files merged in; `prepare` runs on each file's root (environment variables).

    As in Falco, included files cannot include further ones, and a path that is not there is passed over.
    """
    notes: list[Note] = []
    reader = Reader(root, origins)
    for path, strategy in _listed(reader, folder, origins, notes):
        included = prepare(read_document(path))
        origins.add(included, str(path))
        if isinstance(included, Mapping):
            root = _merge(root, included, strategy)
            notes += _nested(included, path)
    return root, notes


def _listed(reader: Reader, folder: Path, origins: Origins, notes: list[Note]) -> Iterator[tuple[Path, str]]:
    count = 0
    for node in reader.items("config_files"):
        text, strategy = _entry(node, origins)
        path = folder / Path(text)
        if not path.exists():
            notes.append(Note("info", f"config_files: {path} is not there and is passed over"))
        for file in _files(path):
            count += 1
            if count > MAX_FILES:
                raise origins.error(node, f"config_files names more than {MAX_FILES} files")
            yield file, strategy


def _entry(node: Node, origins: Origins) -> tuple[str, str]:
    if isinstance(node, Scalar):
        return node.text, "append"
    entry = Reader(node, origins, "config_files")
    strategy = entry.text("strategy", "append")
    if strategy not in _STRATEGIES:
        place = entry.get("strategy") or node
        raise origins.error(place, f"config_files: strategy '{strategy}' is none of {', '.join(_STRATEGIES)}")
    return entry.required("path"), strategy


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())
    return [path] if path.exists() else []


def _merge(root: Mapping, included: Mapping, strategy: str) -> Mapping:
    entries = {key.text: (key, value) for key, value in reversed(root.entries)}
    for key, value in included.entries:
        present = entries.get(key.text)
        if present is None:
            entries[key.text] = (key, value)
        elif strategy != "add-only":
            entries[key.text] = (key, _joined(present[1], value, strategy))
    return replace(root, entries=tuple(entries.values()))


def _joined(old: Node, new: Node, strategy: str) -> Node:
    if strategy == "append" and isinstance(old, yamltext.Sequence) and isinstance(new, yamltext.Sequence):
        return replace(old, items=old.items + new.items)
    return new


def _nested(included: Mapping, path: Path) -> list[Note]:
    if included.get("config_files") is None:
        return []
    return [Note("warning", f"{path}: config_files in an included file has no effect")]
