"""The standard-input source on a real pipe."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from lanner.sources.stdin import StdinSettings

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


def test_stop_ends_the_reading_of_an_open_pipe(start, monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr("lanner.sources.stdin._STDIN", reading)
    running = start(StdinSettings())
    os.write(writing, b"a\nb\nc")
    assert running.until_lines(2) == [b"a", b"b"]
    time.sleep(0.3)
    running.stop()
    assert running.lines == [b"a", b"b"]
    os.close(writing)
    os.close(reading)


def test_the_last_line_needs_no_newline(start, monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr("lanner.sources.stdin._STDIN", reading)
    os.write(writing, b"a\nb")
    os.close(writing)
    assert start(StdinSettings()).until_lines(2) == [b"a", b"b"]
    os.close(reading)
