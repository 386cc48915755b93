"""What every source is: a thing with an id that hands on batches until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from lanner.audit.batch import Batch, Checkpoint

Emit = Callable[[Batch], None]
Note = Callable[[str], None]
"""Takes one sentence for the operator: something odd happened, and what the source did about it."""

# How long a source may take to see `stop`, seconds.
STOP_SECONDS = 0.2


class Source(Protocol):
    """One configured source; `id` is the key of its checkpoint.

    Its settings say by `repeats` whether its sender may give an event twice, so that ingest looks for repetitions.
    """

    id: str

    def run(self, checkpoint: Checkpoint | None, emit: Emit, stop: threading.Event) -> None:
        """Hand on batches in a thread of its own until `stop` is set, or, for a finite source, until its end.

        `emit` blocks while the pipeline is full. A checkpoint that cannot be used is noted and set aside.
        Raises GroundError when the source cannot work at all (a port in use, a certificate that is missing).
        """


def log_note(source: str) -> Note:
    """Return a Note that writes to the log."""
    import structlog  # noqa: PLC0415 - takes as long to load as all of this room; commands that read files need none

    log = structlog.get_logger("lanner.sources")
    return lambda text: log.warning(text, source=source)
