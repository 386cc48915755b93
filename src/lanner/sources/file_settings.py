"""What can be configured about the file source."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from lanner.config.typed import Settings
from lanner.sources.lines import MAX_LINE_BYTES


class FileSettings(Settings, tag="file", tag_field="type"):
    """`path` names a log, a folder of logs or a glob of logs; each is read with its rotated siblings."""

    path: Annotated[str, Meta(min_length=1)]
    id: str = ""
    start: Literal["beginning", "end"] = "beginning"
    max_line_bytes: Annotated[int, Meta(ge=1024)] = MAX_LINE_BYTES
    batch_lines: Annotated[int, Meta(ge=1)] = 2000
    batch_bytes: Annotated[int, Meta(ge=4096)] = 1024 * 1024
    poll_seconds: Annotated[float, Meta(gt=0)] = 0.5

    @property
    def source_id(self) -> str:
        """The key of the checkpoint."""
        return self.id or f"file:{self.path}"
