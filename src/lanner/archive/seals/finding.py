"""What verification finds: data, printed only at the edge."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Kind = Literal["link", "chain", "key", "clock", "rollback", "snapshot", "table", "file", "rows", "anchor", "note"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is not as sealed. A `note` is no proof of a change: it does not make verification fail.

    `link` and `sealed` say which commit sealed it and when, `rows` are ranges counted from 1.
    """

    kind: Kind
    message: str
    file: str = ""
    link: int = 0
    sealed: dt.datetime | None = None
    rows: tuple[tuple[int, int], ...] = ()

    @property
    def is_note(self) -> bool:
        """Say whether this is only worth knowing."""
        return self.kind == "note"
