"""Kill -9 while commits and compactions go on: the small form of bench/crash_archive.py."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[3] / "bench" / "crash_archive.py"


def test_kills_lose_and_double_nothing():
    """Each event is there once, the chain of seals verifies, and no file stays that nothing names."""
    done = subprocess.run(
        [sys.executable, str(BENCH), "--kills", "2", "--seed", "7"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["lost"], told["doubled"], told["left"]) == (0, 0, 0)
    assert told["events"] >= 100
