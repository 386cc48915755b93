"""The standard-input source: reads lines from a pipe until its end."""

from __future__ import annotations

import threading
from typing import Annotated

from msgspec import Meta

from lanner.audit.batch import Checkpoint
from lanner.config.typed import Settings
from lanner.sources.lines import MAX_LINE_BYTES
from lanner.sources.source import Emit, Note


class StdinSettings(Settings, tag="stdin", tag_field="type"):
    """Bounds of a line and of a batch."""

    id: str = "stdin"
    max_line_bytes: Annotated[int, Meta(ge=1024)] = MAX_LINE_BYTES
    batch_lines: Annotated[int, Meta(ge=1)] = 2000
    batch_bytes: Annotated[int, Meta(ge=4096)] = 1024 * 1024

    @property
    def source_id(self) -> str:
        """The key of the checkpoint."""
        return self.id


class StdinSource:
    """Reads descriptor 0."""

    def __init__(self, settings: StdinSettings, note: Note) -> None:
        self.settings, self.id, self._note = settings, settings.source_id, note

    def run(self, checkpoint: Checkpoint | None, emit: Emit, stop: threading.Event) -> None:
        """Read to the end of the pipe; a checkpoint means nothing here."""
        raise NotImplementedError
