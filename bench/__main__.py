"""Runs every bench in turn: `python -m bench`; each prints JSON lines. The machine should be quiet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHES = ("detect.py", "content.py", "workers.py", "latency.py", "crash.py", "crash_archive.py", "faults.py")


def main() -> int:
    folder = Path(__file__).parent
    codes = []
    for name in BENCHES:
        print(f"# {name}", flush=True)
        codes.append(subprocess.run([sys.executable, str(folder / name)], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
