"""What an anchor remembers outside the archive: that at a time the chain's newest link had this number and hash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from lanner.archive.seals.finding import Finding


class Anchored(msgspec.Struct, frozen=True):
    """One record of an anchor; `where` names the anchor."""

    number: int
    hash: str
    time: dt.datetime
    where: str = ""

    def check(self, hashes: Mapping[int, str]) -> Iterator[Finding]:
        """Hold the chain's hashes against this record."""
        found = hashes.get(self.number)
        if found == self.hash:
            return
        reason = "the chain has no such link any more" if found is None else "the chain's link is another one"
        message = f"{self.where} knew link {self.number} on {self.time:%Y-%m-%d %H:%M:%S} as {self.hash[:16]}: {reason}"
        yield Finding("anchor", message, link=self.number, sealed=self.time)
