"""The standard-input source on a real pipe."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import threading
from lanner.sources import create
from lanner.sources.stdin import StdinSettings
batches = []
create(StdinSettings(max_line_bytes=1024, batch_lines=2)).run(None, batches.append, threading.Event())
print([batch.lines for batch in batches if batch.lines], [reject.size for batch in batches for reject in batch.rejects])
"""


def test_reads_to_the_end_of_the_pipe():
    text = b"a\nb\n" + b"x" * 2000 + b"\n\nc"
    done = subprocess.run([sys.executable, "-c", CODE], input=text, capture_output=True, check=True)
    assert done.stdout.decode() == "[[b'a', b'b'], [b'c']] [2000]\n"
