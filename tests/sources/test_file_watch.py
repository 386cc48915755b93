"""Waking up, and saying so when only polling is left."""

from __future__ import annotations

import resource
import threading
import time

import inotify_simple
import pytest

from lanner.sources.file_watch import Watcher, _remote_kind


def test_wakes_on_a_write_and_tells_new_files_from_new_bytes(tmp_path):
    watcher = Watcher(20, pytest.fail)
    watcher.folders([str(tmp_path), str(tmp_path / "missing")])
    stop = threading.Event()
    file = tmp_path / "a"
    file.touch()
    assert watcher.wait(stop)
    with file.open("a") as opened:
        opened.write("x")
    assert not watcher.wait(stop)
    watcher.folders([])
    watcher.close()


def test_a_folder_made_again_is_watched_again(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    watcher = Watcher(20, pytest.fail)
    watcher.folders([str(folder)])
    folder.rename(tmp_path / "old")
    folder.mkdir()
    watcher.folders([str(folder)])
    (folder / "a").touch()
    assert watcher.wait(threading.Event())
    watcher.close()


def test_stop_ends_the_wait():
    watcher = Watcher(60, pytest.fail)
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    watcher.wait(stop)
    watcher.close()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("where", ["init", "watch"])
def test_limits_of_inotify_are_said_once_and_polling_goes_on(tmp_path, monkeypatch, where):
    """The limits belong to the user, so a test cannot reach them for real without harm to others."""

    def full(*_):
        raise OSError(28, "No space left on device")

    if where == "init":
        monkeypatch.setattr("lanner.sources.file_watch.INotify", full)
    else:
        monkeypatch.setattr(inotify_simple.INotify, "add_watch", full)
    notes: list[str] = []
    watcher = Watcher(0.01, notes.append)
    for _ in range(3):
        watcher.folders([str(tmp_path)])
        assert watcher.wait(threading.Event())
    watcher.close()
    assert len(notes) == 1
    assert "looking every 0.01 s" in notes[0]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)


def test_network_file_systems_are_known(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert _remote_kind(str(tmp_path), str(mounts)) == "nfs4"
    assert _remote_kind("/", str(mounts)) == ""
    assert _remote_kind("/", str(tmp_path / "none")) == ""
