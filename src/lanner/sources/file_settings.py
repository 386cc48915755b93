"""What can be configured about the file source."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from lanner.config.typed import PathText, Settings
from lanner.sources.lines import MAX_LINE_BYTES


class FileSettings(Settings, tag="file", tag_field="type"):
    """`path` names a log, a folder of logs or a glob of logs; each is read with its rotated siblings."""

    repeats: ClassVar[bool] = False

    path: Annotated[PathText, Meta(min_length=1, description="The log, the folder or the glob.")]
    id: Annotated[str, Meta(description="Key of the checkpoint and name in alerts' records; empty: type and path.")] = (
        ""
    )
    start: Annotated[
        Literal["beginning", "end"], Meta(description="Where a log begins that has no checkpoint when lanner starts.")
    ] = "beginning"
    max_line_bytes: Annotated[int, Meta(ge=1024, description="A longer line is set aside in quarantine, cut.")] = (
        MAX_LINE_BYTES
    )
    batch_lines: Annotated[int, Meta(ge=1, description="Lines that are handed on at once, at most.")] = 2000
    batch_bytes: Annotated[int, Meta(ge=4096, description="Bytes that are read at once, at most.")] = 1024 * 1024
    poll_seconds: Annotated[
        float, Meta(gt=0, description="How often to look where inotify cannot tell (network file systems).")
    ] = 0.5

    @property
    def source_id(self) -> str:
        """The key of the checkpoint."""
        return self.id or f"file:{self.path}"
