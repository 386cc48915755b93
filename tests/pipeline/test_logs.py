"""lanner's own log goes to standard error and knows its level."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import structlog
from lanner.pipeline import logs
logs.configure("warning")
structlog.get_logger("x").info("quiet")
structlog.get_logger("x").warning("disk is full", place="/a b")
"""


def test_lines_are_key_value_pairs_when_piped_and_lower_levels_are_left_out():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    assert "quiet" not in ran.stderr
    assert 'level=warning event="disk is full" place="/a b"' in ran.stderr
    assert ran.stderr.startswith("timestamp=")
