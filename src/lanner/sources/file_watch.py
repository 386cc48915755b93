"""Wakes the file source when something happens in its folders: by inotify, else by the clock."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from inotify_simple import INotify, flags

from lanner.sources.source import STOP_SECONDS, Note

_MASK = flags.MODIFY | flags.CREATE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE | flags.ATTRIB
_STRUCTURAL = flags.CREATE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE | flags.Q_OVERFLOW | flags.IGNORED
# File systems where another host's write wakes nobody here.
_REMOTE = ("nfs", "cifs", "smb", "9p", "ceph", "gluster", "fuse", "lustre", "afs", "virtiofs")


class Watcher:
    """Watches folders. Also polls: a lost or impossible notification costs `poll_seconds`, never a line."""

    def __init__(self, poll_seconds: float, note: Note) -> None:
        self._poll_seconds, self._note = poll_seconds, note
        self._watches: dict[str, int] = {}
        self._noted: set[str] = set()
        self._inotify = self._start()

    def folders(self, folders: Iterable[str]) -> None:
        """Watch these folders and no others; one that is missing is tried again at the next call."""
        wanted = set(folders)
        for folder in [folder for folder in self._watches if folder not in wanted]:
            self._remove(self._watches.pop(folder))
        for folder in wanted:
            self._add(folder)

    def wait(self, stop: threading.Event) -> bool:
        """Sleep until something happened, the poll time is over or `stop` is set; say whether files came or went."""
        deadline = time.monotonic() + self._poll_seconds
        while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
            slice_seconds = min(left, STOP_SECONDS)
            if self._inotify is None:
                stop.wait(slice_seconds)
            elif events := self._inotify.read(timeout=max(1, int(slice_seconds * 1000))):
                return any(event.mask & _STRUCTURAL for event in events)
        return True

    def close(self) -> None:
        """Let go of inotify."""
        if self._inotify is not None:
            self._inotify.close()

    def _start(self) -> INotify | None:
        try:
            return INotify()
        except OSError as error:
            self._say_polling(f"inotify cannot be used ({error.strerror}; see fs.inotify.max_user_instances)")
            return None

    def _add(self, folder: str) -> None:
        if self._inotify is None:
            return
        try:
            watch = self._inotify.add_watch(folder, _MASK)
        except (FileNotFoundError, NotADirectoryError):
            self._watches.pop(folder, None)
            return
        except OSError as error:
            hint = "; see fs.inotify.max_user_watches" if error.errno == errno.ENOSPC else ""
            self._say_polling(f"{folder}: cannot be watched ({error.strerror}{hint})")
            return
        old = self._watches.get(folder)
        self._watches[folder] = watch
        if old is None and (kind := _remote_kind(folder)):
            self._say_polling(f"{folder}: is on {kind}, which does not tell of other hosts' writes")
        elif old not in (None, watch):
            self._remove(old)

    def _remove(self, watch: int | None) -> None:
        try:
            if self._inotify is not None and watch is not None:
                self._inotify.rm_watch(watch)
        except OSError:
            pass  # the kernel removed it with its folder

    def _say_polling(self, why: str) -> None:
        if why not in self._noted:
            self._noted.add(why)
            self._note(f"{why}; looking every {self._poll_seconds:g} s instead (poll_seconds)")


def _remote_kind(folder: str, mounts: str = "/proc/self/mounts") -> str:
    """Return the kind of the file system that a folder is on when it is a remote one, else an empty text."""
    real = os.path.realpath(folder) + "/"
    best, kind = "", ""
    try:
        with Path(mounts).open(encoding="utf-8", errors="surrogateescape") as table:
            for line in table:
                _, point, found, *_ = line.split(" ")
                prefix = point.replace("\\040", " ").rstrip("/") + "/"
                if real.startswith(prefix) and len(prefix) >= len(best):
                    best, kind = prefix, found
    except OSError:
        return ""
    return kind if kind.startswith(_REMOTE) else ""
