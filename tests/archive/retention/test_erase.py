"""Kill -9 in the middle of expiries and tier moves, by bench/retention.py in a small form."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "bench" / "retention.py"


@pytest.mark.slow
def test_kills_lose_double_and_leave_nothing():
    """Two of each kind, at random moments; the next run makes up for them, and verification finds nothing."""
    run = [sys.executable, str(BENCH), "--kills", "2", "--rows", "20"]
    told = json.loads(subprocess.run(run, check=True, capture_output=True, timeout=170).stdout)
    assert told["events"] == 180
    assert {name: told[name] for name in ("lost", "doubled", "not_gone", "findings", "files_left")} == dict.fromkeys(
        ("lost", "doubled", "not_gone", "findings", "files_left"), 0
    )
