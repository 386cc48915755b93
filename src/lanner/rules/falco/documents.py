"""Loads Falco rules documents: several files in order as one set, each with its own result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lanner.rules.falco.findings import FileResult, Loaded

__all__ = ["FileResult", "Loaded", "load_files", "load_texts"]


def load_texts(texts: Sequence[tuple[str, str]]) -> Loaded:
    """Load (file name, text) pairs in order; what is wrong stands in the results, nothing is raised."""
    raise NotImplementedError


def load_files(paths: Sequence[Path]) -> Loaded:
    """Load files in order, folders by their *.yaml and *.yml in name order; raises GroundError for unreadable ones."""
    raise NotImplementedError
