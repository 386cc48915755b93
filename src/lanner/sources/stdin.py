"""The standard-input source: reads lines from a pipe until its end."""

from __future__ import annotations

import os
import select
import threading
from typing import Annotated, ClassVar

from msgspec import Meta

from lanner.audit.batch import Checkpoint
from lanner.config.typed import Settings
from lanner.sources.lines import MAX_LINE_BYTES, Line, LineSplitter, to_batch
from lanner.sources.source import STOP_SECONDS, Emit, Note

_STDIN = 0


class StdinSettings(Settings, tag="stdin", tag_field="type"):
    """Bounds of a line and of a batch."""

    repeats: ClassVar[bool] = False

    id: Annotated[str, Meta(description="Name in alerts' records.")] = "stdin"
    max_line_bytes: Annotated[int, Meta(ge=1024, description="A longer line is set aside in quarantine, cut.")] = (
        MAX_LINE_BYTES
    )
    batch_lines: Annotated[int, Meta(ge=1, description="Lines that are handed on at once, at most.")] = 2000
    batch_bytes: Annotated[int, Meta(ge=4096, description="Bytes that are read at once, at most.")] = 1024 * 1024

    @property
    def source_id(self) -> str:
        """The key of the checkpoint."""
        return self.id


class StdinSource:
    """Reads descriptor 0."""

    def __init__(self, settings: StdinSettings, note: Note) -> None:
        self.settings, self.id, self._note = settings, settings.source_id, note

    def run(self, checkpoint: Checkpoint | None, emit: Emit, stop: threading.Event) -> None:  # noqa: ARG002 - the protocol's
        """Read to the end of the pipe or to `stop`; a pipe cannot be read again, so a checkpoint means nothing here."""
        splitter = LineSplitter(self.settings.max_line_bytes)
        while not stop.is_set():
            if not select.select([_STDIN], [], [], STOP_SECONDS)[0]:
                continue
            chunk = os.read(_STDIN, self.settings.batch_bytes)
            self._emit(splitter.feed(chunk) if chunk else splitter.finish(), emit)
            if not chunk:
                return

    def _emit(self, lines: list[Line], emit: Emit) -> None:
        for start in range(0, len(lines), self.settings.batch_lines):
            emit(to_batch(self.id, "-", lines[start : start + self.settings.batch_lines], self.settings.max_line_bytes))
