"""Standard output: lines at once, clear words when it is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lanner.outputs import DeliveryError, create
from lanner.outputs.stdout import StdoutOutput, StdoutSettings


def test_alerts_appear_on_descriptor_one(make_alert, capfdbinary):
    output = create(StdoutSettings(time="iso8601"))
    output.send([make_alert(), make_alert(output="two")])
    output.close()
    lines = capfdbinary.readouterr().out.splitlines()
    assert [line.split(b": ", 1)[1] for line in lines] == [b"Warning exec by eve (pod=web)", b"Warning two"]
    assert (output.name, output.immediate) == ("stdout", True)


def test_a_name_can_be_given():
    assert create(StdoutSettings(name="console")).name == "console"


def test_a_closed_pipe_is_named(make_alert):
    read, write = os.pipe()
    os.close(read)
    try:
        with pytest.raises(DeliveryError, match="standard output: the program that read it has ended") as caught:
            StdoutOutput(StdoutSettings(), write).send([make_alert()])
    finally:
        os.close(write)
    assert not caught.value.retryable


def test_a_full_disk_is_named_and_leaves_nothing_behind_at_exit():
    """The failure is lanner's error; the interpreter has nothing left to flush."""
    program = (
        "from lanner.outputs import DeliveryError\n"
        "from lanner.outputs.stdout import *\n"
        "from lanner.detect.alert import *\n"
        "alert = Alert(time='', rule='', priority='', source='', tags=[], output='', output_fields={},\n"
        "              hostname='', lanner=Origin())\n"
        "try:\n    StdoutOutput(StdoutSettings()).send([alert])\n"
        "except DeliveryError as error:\n    raise SystemExit(f'{error} {error.retryable}')\n"
    )
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path to reason about
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == "cannot write alerts to standard output: No space left on device True\n"
