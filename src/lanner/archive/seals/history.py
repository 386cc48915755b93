"""Follows the chain from its first link: is each signed, does each follow from the one before, and what is left?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lanner.archive.seals.content import written_sum
from lanner.archive.seals.finding import Finding, Kind
from lanner.archive.seals.link import APPEND, EXPIRE, START, Link, SealedFile, fingerprint, is_signed, read_link

CLOCK_SLACK = dt.timedelta(seconds=1)
FUTURE_SLACK = dt.timedelta(minutes=5)


class Standing(NamedTuple):
    """A file that the table should hold, and the link that brought it."""

    file: SealedFile
    link: int
    time: dt.datetime


class History:
    """What the chain says; `findings` are what is wrong with the chain itself.

    `standing` are the files that the table should hold, `gone` those that a link removed, `erased` those of them whose
    rows were to be deleted.
    """

    def __init__(self, keys: Sequence[Ed25519PublicKey]) -> None:
        self.findings: list[Finding] = []
        self.standing: dict[str, Standing] = {}
        self.gone: dict[str, int] = {}
        self.erased: set[str] = set()
        self.hashes: dict[int, str] = {}
        self.head: Link | None = None
        self.has_gaps = False
        self.deleted = 0
        self._keys = {fingerprint(key): key for key in keys}
        self._strangers: set[str] = set()

    def read(self, lines: Iterable[bytes]) -> None:
        """Follow the lines of the chain's file."""
        for number, line in enumerate(lines, 1):
            try:
                link = read_link(line)
            except ValueError as error:
                self._find("link", f"line {number} of the chain was changed: it is no link any more ({error})")
                self.has_gaps = True
                continue
            self.follow(link)

    def follow(self, link: Link) -> None:
        """Take the next link."""
        if self._repeats(link):
            return
        self._check_signature(link)
        self._check_place(link)
        self._check_clock(link)
        self._check_rows(link)
        self._apply(link)
        self.hashes[link.number] = link.hash()
        self.head = link

    def _repeats(self, link: Link) -> bool:
        if link.number not in self.hashes and (self.head is None or link.number > self.head.number):
            return False
        self._find("chain", f"link {link.number} stands out of order, behind link {self.number}", link)
        return True

    @property
    def number(self) -> int:
        """The number of the newest link, 0 before the first."""
        return self.head.number if self.head else 0

    def _check_signature(self, link: Link) -> None:
        key = self._keys.get(link.key)
        if key is None:
            if link.key not in self._strangers:
                self._strangers.add(link.key)
                self._find("key", f"from link {link.number} on a key signs that is not known: {link.key}", link)
        elif not is_signed(link, key):
            self._find("link", f"link {link.number} was changed after it was signed", link)

    def _check_place(self, link: Link) -> None:
        if link.number != self.number + 1:
            self.has_gaps = True
            missing = f"link {self.number + 1} is" if link.number == self.number + 2 else self._range(link)
            self._find("chain", f"{missing} missing from the chain, before {link.time:%Y-%m-%d %H:%M:%S}", link)
        elif link.previous != (self.hashes[self.number] if self.number else START):
            self._find("chain", f"link {link.number} does not follow from link {self.number}: one was changed", link)

    def _range(self, link: Link) -> str:
        return f"links {self.number + 1} to {link.number - 1} are"

    def _check_clock(self, link: Link) -> None:
        before = self.head.time if self.head else link.time
        if link.time < before - CLOCK_SLACK:
            self._find("clock", f"at link {link.number} the clock went back by {before - link.time}", link)
        if link.time > dt.datetime.now(dt.UTC) + FUTURE_SLACK:
            self._find("clock", f"link {link.number} is of a time that has not come: {link.time}", link)

    def _check_rows(self, link: Link) -> None:
        """A commit may add rows or delete those of its tombstones; any other has to give back what it took."""
        known = [self.standing[name].file for name in link.removed if name in self.standing]
        if len(known) < len(link.removed):
            if not self.has_gaps:
                self._find("chain", f"link {link.number} removes files that were not there", link)
            return
        if link.kind == APPEND and not link.removed:
            return
        out = sum(tomb.rows for tomb in link.tombstones)
        rows = sum(file.content.rows for file in known) - sum(file.content.rows for file in link.added) - out
        total = sum(file.content.number for file in known) - sum(file.content.number for file in link.added)
        if rows or written_sum(total) != written_sum(sum(tomb.number for tomb in link.tombstones)):
            lost = f": {rows} are missing" if rows > 0 else f": {-rows} are new" if rows < 0 else ""
            self._find("rows", f"link {link.number} ({link.kind}) did not keep the rows it took{lost}", link)

    def _apply(self, link: Link) -> None:
        self.deleted += sum(tomb.rows for tomb in link.tombstones)
        for name in link.removed:
            self.standing.pop(name, None)
            self.gone[name] = link.number
            if link.kind == EXPIRE:
                self.erased.add(name)
        for file in link.added:
            if file.name in self.standing:
                self._find("chain", f"link {link.number} adds a file that was there already", link)
            self.standing[file.name] = Standing(file, link.number, link.time)
            self.gone.pop(file.name, None)

    def _find(self, kind: Kind, message: str, link: Link | None = None) -> None:
        self.findings.append(
            Finding(kind, message, link=link.number if link else 0, sealed=link.time if link else None)
        )
