"""The noise filters: events that nobody will ask for are not archived, but counted under the filter's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from lanner.archive.record import NO_TEXT, ObjectKeys, Record, UserKeys
from lanner.archive.row import Row
from lanner.archive.settings import Drop

Test = Callable[[Record], bool]
Read = Callable[[Record], str | None]
_NO_USER = UserKeys()
_NO_OBJECT = ObjectKeys()


class _Status(msgspec.Struct):
    code: int | None = None


_STATUS = msgspec.json.Decoder(_Status)


class NoiseFilter:
    """Says which rows not to archive; `dropped` counts them by reason, `dropped_bytes` their text."""

    def __init__(self, drops: Sequence[Drop]) -> None:
        self.dropped: Counter[str] = Counter()
        self.dropped_bytes: Counter[str] = Counter()
        self._drops = [(f"drop {drop.name}", _tests(drop)) for drop in drops if _tests(drop)]

    def clear(self) -> None:
        """Count anew."""
        self.dropped.clear()
        self.dropped_bytes.clear()

    def drops(self, row: Row) -> bool:
        """Say whether one of the filters drops the row, and count it; a filter without conditions drops nothing."""
        for reason, tests in self._drops:
            if all(test(row.record) for test in tests):
                self.dropped[reason] += 1
                self.dropped_bytes[reason] += len(row.raw)
                return True
        return False


def _tests(drop: Drop) -> list[Test]:
    asked: list[tuple[tuple[str, ...], Read]] = [
        (drop.stages, lambda record: record.stage),
        (drop.levels, lambda record: record.level),
        (drop.verbs, lambda record: record.verb),
        (drop.users, lambda record: (record.user or _NO_USER).username),
        (drop.resources, _resource),
        (drop.namespaces, lambda record: (record.object_ref or _NO_OBJECT).namespace),
        (drop.names, lambda record: (record.object_ref or _NO_OBJECT).name),
        (tuple(prefix.rstrip("*") + "*" for prefix in drop.url_prefixes), _other_url),
        (drop.user_agents, lambda record: record.user_agent),
        (tuple(map(str, drop.codes)), _code),
    ]
    tests = [_test(words, read) for words, read in asked if words]
    return [*tests, _any_group(drop.groups)] if drop.groups else tests


def _test(words: tuple[str, ...], read: Read) -> Test:
    matches = _matcher(words)

    def test(record: Record) -> bool:
        value = read(record)
        return value is not None and matches(value)

    return test


def _any_group(words: tuple[str, ...]) -> Test:
    matches = _matcher(words)
    return lambda record: any(map(matches, (record.user or _NO_USER).groups or ()))


def _matcher(words: tuple[str, ...]) -> Callable[[str], bool]:
    exact = frozenset(words)
    prefixes = tuple(word[:-1] for word in words if word.endswith("*"))
    return lambda value: value in exact or value.startswith(prefixes)


def _code(record: Record) -> str | None:
    if record.response_status is NO_TEXT:
        return None
    try:
        return str(_STATUS.decode(record.response_status).code)
    except msgspec.MsgspecError:
        return None


def _resource(record: Record) -> str | None:
    target = record.object_ref or _NO_OBJECT
    return f"{target.resource}/{target.subresource}" if target.subresource else target.resource


def _other_url(record: Record) -> str | None:
    return None if record.object_ref and record.object_ref.resource else record.request_uri
