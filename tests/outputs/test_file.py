"""The file output survives rotation, deletion, crashes and a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lanner.outputs import DeliveryError, create
from lanner.outputs.file import FileOutput, FileSettings


def lines(path: Path) -> list[str]:
    """Return the alerts' texts without their times."""
    return [line.split(": Warning ", 1)[1] for line in path.read_text().splitlines()]


def test_alerts_are_appended_and_the_folder_is_made(make_alert, tmp_path):
    path = tmp_path / "deep" / "er" / "alerts"
    output = create(FileSettings(path=str(path)))
    output.send([make_alert(output="a"), make_alert(output="b")])
    output.send([make_alert(output="c")])
    output.close()
    output.close()
    assert lines(path) == ["a", "b", "c"]
    assert (output.name, output.immediate) == (f"file:{path}", True)


@pytest.fixture
def strict_umask():
    """What `lanner run` sets for itself."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.parametrize(("mode", "bits"), [("0600", 0o600), ("640", 0o640)])
def test_a_new_file_has_the_mode_and_an_old_one_keeps_its(make_alert, tmp_path, mode, bits, strict_umask):
    path = tmp_path / "alerts"
    FileOutput(FileSettings(path=str(path), mode=mode)).send([make_alert()])
    assert path.stat().st_mode & 0o777 == bits
    path.chmod(0o644)
    FileOutput(FileSettings(path=str(path), mode=mode)).send([make_alert()])
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("keep_alive", [True, False])
def test_rotation_and_deletion_open_the_path_anew(make_alert, tmp_path, keep_alive):
    path, old = tmp_path / "alerts", tmp_path / "alerts.1"
    output = FileOutput(FileSettings(path=str(path), keep_alive=keep_alive))
    output.send([make_alert(output="a")])
    path.rename(old)
    output.send([make_alert(output="b")])
    assert (lines(old), lines(path)) == (["a"], ["b"])
    path.unlink()
    output.send([make_alert(output="c")])
    assert lines(path) == ["c"]
    output.close()


def test_without_keep_alive_nothing_stays_open(make_alert, tmp_path):
    output = FileOutput(FileSettings(path=str(tmp_path / "alerts"), keep_alive=False))
    output.send([make_alert()])
    assert output._descriptor == -1


def test_a_half_line_of_a_crash_is_ended_first(make_alert, tmp_path):
    path = tmp_path / "alerts"
    path.write_bytes(b"10:00:00.000000000: Warning ha")
    FileOutput(FileSettings(path=str(path))).send([make_alert(output="a")])
    assert lines(path) == ["ha", "a"]


def test_a_path_that_cannot_be_opened_is_named_and_retryable(make_alert, tmp_path):
    (tmp_path / "folder").mkdir()
    output = FileOutput(FileSettings(path=str(tmp_path / "folder")))
    with pytest.raises(DeliveryError, match=r"cannot write alerts to .*folder: Is a directory") as caught:
        output.send([make_alert()])
    assert (caught.value.retryable, caught.value.sent) == (True, 0)


def test_a_pipe_that_nobody_reads_is_an_error_not_a_wait(make_alert, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DeliveryError, match="No such device or address"):
        FileOutput(FileSettings(path=str(tmp_path / "pipe"))).send([make_alert()])


def test_a_full_device_is_retryable(make_alert):
    output = FileOutput(FileSettings(path="/dev/full"))
    with pytest.raises(DeliveryError, match="No space left") as caught:
        output.send([make_alert()])
    output.close()
    assert caught.value.retryable


PROGRAM = """
import json, resource, signal, sys
from lanner.outputs import DeliveryError
from lanner.outputs.file import FileOutput, FileSettings
from lanner.detect.alert import Alert, Origin

def alert(number):
    return Alert(time="", rule="", priority="Warning", source="", tags=[], output=f"{number:03d}" + "x" * 97,
                 output_fields={}, hostname="", lanner=Origin())

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
output = FileOutput(FileSettings(path=sys.argv[1]))
alerts = [alert(number) for number in range(100)]
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limit[1]))
try:
    output.send(alerts)
except DeliveryError as error:
    sent, retryable = error.sent, error.retryable
size = len(open(sys.argv[1], "rb").read())
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
output.send(alerts[sent:])
print(json.dumps({"sent": sent, "retryable": retryable, "size": size}))
"""


def test_a_file_that_cannot_grow_keeps_whole_lines_and_goes_on_where_it_stopped(tmp_path):
    """The size limit of the process stands for a disk that fills in the middle of a line."""
    path = tmp_path / "alerts"
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    width = len(path.read_bytes().splitlines(keepends=True)[0])
    assert found == {"sent": 5000 // width, "retryable": True, "size": 5000 // width * width}
    assert [int(line[:3]) for line in lines(path)] == list(range(100))
