"""One holder at a time; the system frees the lock of one that dies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lanner.errors import GroundError
from lanner.state.lock import held

HOLD = "import sys,time\nfrom pathlib import Path\nfrom lanner.state.lock import held\n"
HOLD += "with held(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"


def test_a_second_holder_is_told_who_holds_it_and_gets_it_when_that_one_dies(tmp_path):
    path = tmp_path / "data" / "part.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            with pytest.raises(GroundError, match=rf"process {holder.pid}\).*--data"), held(path):
                pass
        finally:
            holder.kill()
        holder.wait()
        with held(path, wait_seconds=5):
            assert path.read_text() == str(os.getpid())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GroundError, match="cannot use the data folder"), held(tmp_path / "file" / "a.lock"):
        pass


def test_a_full_disk_does_not_keep_the_lock_from_being_taken(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with held(tmp_path / "a.lock"):
        pass
