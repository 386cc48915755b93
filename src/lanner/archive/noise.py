"""The noise filters: events that nobody will ask for are not archived, but counted under the filter's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from lanner.archive.record import ObjectKeys, Record, UserKeys
from lanner.archive.row import Row
from lanner.archive.settings import Drop

Test = Callable[[Record], bool]
_NO_USER = UserKeys()
_NO_OBJECT = ObjectKeys()


class NoiseFilter:
    """Says which rows not to archive; `dropped` counts them by reason."""

    def __init__(self, drops: Sequence[Drop]) -> None:
        self.dropped: Counter[str] = Counter()
        self._drops = [(f"drop {drop.name}", _tests(drop)) for drop in drops if _tests(drop)]

    def drops(self, row: Row) -> bool:
        """Say whether one of the filters drops the row, and count it; a filter without conditions drops nothing."""
        for reason, tests in self._drops:
            if all(test(row.record) for test in tests):
                self.dropped[reason] += 1
                return True
        return False


def _tests(drop: Drop) -> list[Test]:
    asked: list[tuple[tuple[str, ...], Callable[[Record], str | None]]] = [
        (drop.stages, lambda record: record.stage),
        (drop.verbs, lambda record: record.verb),
        (drop.users, lambda record: (record.user or _NO_USER).username),
        (drop.resources, _resource),
        (drop.namespaces, lambda record: (record.object_ref or _NO_OBJECT).namespace),
        (tuple(prefix.rstrip("*") + "*" for prefix in drop.url_prefixes), _other_url),
        (drop.user_agents, lambda record: record.user_agent),
    ]
    return [_test(words, read) for words, read in asked if words]


def _test(words: tuple[str, ...], read: Callable[[Record], str | None]) -> Test:
    exact = frozenset(words)
    prefixes = tuple(word[:-1] for word in words if word.endswith("*"))

    def test(record: Record) -> bool:
        value = read(record)
        return value is not None and (value in exact or value.startswith(prefixes))

    return test


def _resource(record: Record) -> str | None:
    target = record.object_ref or _NO_OBJECT
    return f"{target.resource}/{target.subresource}" if target.subresource else target.resource


def _other_url(record: Record) -> str | None:
    return None if record.object_ref and record.object_ref.resource else record.request_uri
