"""pyiceberg's file access for local disks, with files on the disk before a commit names them."""

from __future__ import annotations

import os
from pathlib import Path

from pyiceberg.io import OutputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from lanner.config.folders import sync_folder

DURABLE_IO = f"{__name__}.DurableFileIO"


class DurableFileIO(PyArrowFileIO):
    """Writes local files so that they survive a loss of power; leaves all else to pyarrow."""

    def new_output(self, location: str) -> PyArrowFile:
        """Return the file to write; local ones are synced when closed."""
        scheme, netloc, path = self.parse_location(location, self.properties)
        kind = _LocalFile if scheme == "file" else PyArrowFile
        return kind(location=location, path=path, fs=self.fs_by_scheme(scheme, netloc))


class _LocalFile(PyArrowFile):
    def create(self, overwrite: bool = False) -> OutputStream:
        path = Path(self._path)
        path.parent.mkdir(parents=True, exist_ok=True)
        return _SyncedStream(path, overwrite=overwrite)


class _SyncedStream(OutputStream):
    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self._path = path
        self._file = path.open("wb" if overwrite else "xb")

    @property
    def closed(self) -> bool:
        return self._file.closed

    def write(self, b: bytes) -> int:
        return self._file.write(b)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()
        sync_folder(self._path.parent)

    def __enter__(self) -> OutputStream:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
