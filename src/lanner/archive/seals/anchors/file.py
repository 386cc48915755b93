"""An append-only file elsewhere: another disk, a share, a folder that another user owns (`chattr +a`)."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.anchors.anchor import Minutes
from lanner.archive.seals.finding import Finding
from lanner.config.typed import PathText, Settings
from lanner.errors import GroundError

_RECORD = msgspec.json.Decoder(Anchored)


class FileAnchorSettings(Settings, tag="file"):
    """A file that lanner only appends to; best on a disk that this machine cannot rewrite."""

    path: Annotated[PathText, Meta(description="The file, outside the data folder.")]
    every_minutes: Minutes = 60


class FileAnchor:
    """Appends a line of JSON for each head."""

    def __init__(self, settings: FileAnchorSettings) -> None:
        self._path = Path(settings.path)
        self.name = str(self._path)
        self.every = dt.timedelta(minutes=settings.every_minutes)

    def note(self, head: Anchored) -> None:
        """Append a line; raises GroundError."""
        line = msgspec.json.encode({"number": head.number, "hash": head.hash, "time": head.time}) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(line)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise GroundError(f"{self._path}: cannot append the anchor: {error.strerror}") from error

    def read(self) -> Iterator[Anchored | Finding]:
        """Yield the lines; raises GroundError."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise GroundError(f"{self._path}: cannot read the anchor: {error.strerror}") from error
        for number, line in enumerate(lines, 1):
            try:
                yield msgspec.structs.replace(_RECORD.decode(line), where=self.name)
            except msgspec.DecodeError:
                yield Finding("anchor", f"line {number} of {self.name} is no record: it was cut or changed")
