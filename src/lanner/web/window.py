"""What one page shows of the alerts: filtered, repeats folded, newest first, never more than a page full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from lanner.detect.alert import PRIORITIES
from lanner.state.store import Store
from lanner.web.rows import Row, make_rows

PAGE = 200
CHUNK = 200
SCAN = 4000
"""Alerts looked through for one page; `older` goes on from there."""
MEMBERS = 50


class Filter(msgspec.Struct, frozen=True):
    """What the reader wants to see: the lowest priority, one rule (empty: all), words in any column."""

    least: str = "Debug"
    rule: str = ""
    words: tuple[str, ...] = ()

    def accepts(self, row: Row) -> bool:
        if PRIORITIES.index(row.priority) > PRIORITIES.index(self.least):
            return False
        return (not self.rule or row.rule == self.rule) and row.matches(self.words)


class Group(msgspec.Struct, frozen=True):
    """Alerts of one rule and user in a row: the newest, how many, and the newest of them; `key` is the oldest's id."""

    key: int
    row: Row
    count: int
    members: tuple[Row, ...]

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.row.rule, self.row.user, self.row.acting_as


class Page(msgspec.Struct, frozen=True):
    """A page full from the store: groups, where older ones start (None: there are none), how many alerts were read."""

    groups: list[Group]
    older: int | None
    scanned: int


def single(row: Row) -> Group:
    """Make a group of one alert."""
    return Group(row.id, row, 1, (row,))


def prepend(groups: Sequence[Group], rows: Sequence[Row], wanted: Filter, *, fold: bool) -> list[Group]:
    """Put new alerts (newest first) before the groups and cut the list to a page full."""
    result = list(reversed(groups))
    for row in reversed(rows):
        if not wanted.accepts(row):
            continue
        new = single(row)
        if fold and result and result[-1].identity == new.identity:
            last = result[-1]
            result[-1] = Group(last.key, row, last.count + 1, (row, *last.members)[:MEMBERS])
        else:
            result.append(new)
    return result[: -PAGE - 1 : -1]


def read_page(store: Store, wanted: Filter, before: int, *, fold: bool) -> Page:
    """Read the newest page full of alerts with numbers below `before`, out of at most SCAN of them."""
    groups: list[Group] = []
    scanned, last = 0, before
    for row in _scan(store, wanted, before):
        if row is None:
            return Page(groups, None, scanned)
        folds = fold and groups and groups[-1].identity == single(row).identity
        if not wanted.accepts(row):
            pass
        elif folds:
            _extend(groups, row)
        elif len(groups) == PAGE:
            break
        else:
            groups.append(single(row))
        scanned, last = scanned + 1, row.id
        if scanned >= SCAN:
            break
    return Page(groups, last, scanned)


def _extend(groups: list[Group], row: Row) -> None:
    last = groups[-1]
    groups[-1] = Group(row.id, last.row, last.count + 1, (*last.members, row)[:MEMBERS])


def _scan(store: Store, wanted: Filter, before: int) -> Iterator[Row | None]:
    """Give stored alerts newest first, then None when there are no more."""
    while True:
        stored = store.alerts(before=before, limit=CHUNK, least=wanted.least, rule=wanted.rule)
        yield from make_rows(store, stored)
        if len(stored) < CHUNK:
            yield None
            return
        before = stored[-1].id
