"""What every kind of anchor does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Protocol

from msgspec import Meta

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.finding import Finding

Minutes = Annotated[int, Meta(ge=1, le=525_600, description="At most so often, and only when there is a new link.")]


class Anchor(Protocol):
    """A place outside the archive; methods raise GroundError when it cannot be reached."""

    @property
    def name(self) -> str:
        """What the place is called in findings."""

    @property
    def every(self) -> dt.timedelta:
        """How often a head is noted at most."""

    def note(self, head: Anchored) -> None:
        """Note the chain's newest link."""

    def read(self) -> Iterator[Anchored | Finding]:
        """Yield what was noted; a record that cannot be trusted is a finding."""
