"""What is known of a rule beside the rule: its places in a threat matrix, harmless look-alikes, what to do.

Falco's rules have no keys for it, so it lies in files NAME.guidance.yaml beside them; docs/content.md has the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lanner.config import typed, yamltext
from lanner.config.typed import Settings
from lanner.errors import GroundError, SourceError

SUFFIX = ".guidance.yaml"


class Guidance(Settings):
    """What to know when a rule fires: `matrix` has ids of Microsoft's threat matrix for Kubernetes."""

    matrix: tuple[str, ...] = ()
    false_positives: str = ""
    response: tuple[str, ...] = ()


def find_guidance(paths: Sequence[Path]) -> list[Path]:
    """Return the files that lie beside rules: in folders all of them, for a file that of its name."""
    found: list[Path] = []
    for path in paths:
        beside = path.with_name(path.stem + SUFFIX)
        found.extend(sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [beside] * beside.is_file())
    return list(dict.fromkeys(found))


def load_guidance(paths: Sequence[Path]) -> dict[str, Guidance]:
    """Read what lies beside rules, by the rules' names, later files over earlier; raises SourceError, GroundError."""
    known: dict[str, Guidance] = {}
    for path in find_guidance(paths):
        known |= _read(path)
    return known


def _read(path: Path) -> Mapping[str, Guidance]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error
    documents = yamltext.compose(text, str(path))
    if len(documents) != 1 or not isinstance(documents[0], yamltext.Mapping):
        raise SourceError("guidance is one map from names of rules", file=str(path), line=1, column=1)
    root = documents[0]
    typed.convert(root, dict[str, Any], file=str(path))  # refuses keys that are given twice
    return {name.text: typed.convert(node, Guidance, file=str(path)) for name, node in root.entries}
