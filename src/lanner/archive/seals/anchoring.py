"""Notes the chain's newest link at each anchor when its time has come, and reads all of them back for verification."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.anchors import AnchorSettings, make_anchor
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.finding import Finding
from lanner.archive.seals.keys import FOLDER
from lanner.archive.seals.link import Link
from lanner.errors import GroundError, LannerError

_STATE = "anchored.json"


class Anchoring:
    """The anchors of an archive; `folder` is the archive's."""

    def __init__(self, settings: Sequence[AnchorSettings], folder: Path) -> None:
        self._folder = folder / FOLDER
        self._anchors = [make_anchor(one, self._folder) for one in settings]

    def note(self, now: dt.datetime, *, at_once: bool = False) -> list[tuple[str, str]]:
        """Note the head where it is due, or everywhere; return the anchors' names, each with what went wrong or ""."""
        head = self._head()
        if head is None or not self._anchors:
            return []
        state, told = self._state(), []
        for anchor in self._anchors:
            last = state.get(anchor.name)
            new = last is None or last.number != head.number
            if not new or not (at_once or last is None or now - last.time >= anchor.every or now < last.time):
                continue
            record = Anchored(head.number, head.hash(), now, anchor.name)
            try:
                anchor.note(record)
            except LannerError as error:
                told.append((anchor.name, str(error)))
                continue
            state[anchor.name] = record
            told.append((anchor.name, ""))
            self._save(state)
        return told

    def read(self) -> Iterator[Anchored | Finding]:
        """Yield what the anchors know; one that cannot be read is a finding, as it could hide a change."""
        for anchor in self._anchors:
            try:
                yield from anchor.read()
            except LannerError as error:
                yield Finding("anchor", str(error))

    def _head(self) -> Link | None:
        try:
            return Chain(self._folder).newest()
        except OSError as error:
            raise GroundError(f"{self._folder}: cannot read the chain: {error.strerror}") from error

    def _state(self) -> dict[str, Anchored]:
        try:
            return msgspec.json.decode((self._folder / _STATE).read_bytes(), type=dict[str, Anchored])
        except (OSError, msgspec.DecodeError):
            return {}

    def _save(self, state: dict[str, Anchored]) -> None:
        path = self._folder / _STATE
        part = path.with_suffix(".part")
        try:
            part.write_bytes(msgspec.json.encode(state))
            part.replace(path)
        except OSError as error:
            raise GroundError(f"{path}: cannot write: {error.strerror}") from error
