"""Whole lines or an exact count: pipes, full devices, torn ends."""

from __future__ import annotations

import os
import threading

import pytest

from lanner.outputs.lines import LineWriter
from lanner.outputs.output import DeliveryError


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        try:
            os.close(descriptor)
        except OSError:
            pass


def test_lines_arrive_in_order(pipe):
    LineWriter(pipe[1]).write([b"a", b"b"])
    assert os.read(pipe[0], 100) == b"a\nb\n"


def test_no_lines_write_nothing(tmp_path):
    with (tmp_path / "f").open("wb") as file:
        LineWriter(file.fileno()).write([])
    assert (tmp_path / "f").read_bytes() == b""


def test_a_torn_end_is_ended_before_the_next_line(pipe):
    writer = LineWriter(pipe[1], torn=True)
    writer.write([b"a"])
    writer.write([b"b"])
    assert os.read(pipe[0], 100) == b"\na\nb\n"


def test_a_stalled_non_blocking_pipe_fails_with_the_count_and_goes_on_cleanly(pipe, monkeypatch):
    """A reader that stalls gets each counted line once, and the half line is ended before the repetition."""
    monkeypatch.setattr("lanner.outputs.lines._STALL_SECONDS", 0.01)
    os.set_blocking(pipe[1], False)
    lines = [b"%04d" % number + b"x" * 996 for number in range(200)]
    writer = LineWriter(pipe[1])
    with pytest.raises(DeliveryError) as caught:
        writer.write(lines)
    assert caught.value.retryable
    received = bytearray()
    reader = threading.Thread(
        target=lambda: [received.extend(data) for data in iter(lambda: os.read(pipe[0], 65536), b"")]
    )
    reader.start()
    monkeypatch.setattr("lanner.outputs.lines._STALL_SECONDS", 10)
    writer.write(lines[caught.value.sent :])
    os.close(pipe[1])
    reader.join()
    whole = [line for line in bytes(received).split(b"\n") if len(line) == 1000]
    assert 0 < caught.value.sent < 200
    assert whole == lines


def test_a_closed_pipe_is_not_worth_a_retry(pipe):
    os.close(pipe[0])
    with pytest.raises(DeliveryError) as caught:
        LineWriter(pipe[1]).write([b"a"])
    assert (caught.value.retryable, caught.value.sent) == (False, 0)


def test_a_full_device_is_worth_a_retry():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(DeliveryError, match="No space left") as caught:
            LineWriter(descriptor).write([b"a"])
    finally:
        os.close(descriptor)
    assert (caught.value.retryable, caught.value.sent) == (True, 0)
