"""lanner's own rules and their tests; YAML files beside this one."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the rules lie, as files."""
