"""Two policies over the same log side by side: what each keeps, and where they part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from lanner.policy.simulation import Simulation, Tally


class Difference(NamedTuple):
    """What two policies keep of one resource, level, stage ...; `bytes` is what the second keeps more."""

    key: str
    events_first: int
    bytes_first: int
    events_second: int
    bytes_second: int
    bytes: int


class Comparison(msgspec.Struct):
    """The second policy against the first; every list has the largest differences first and no equal ones."""

    first: str
    second: str
    total: Difference
    by_level: list[Difference]
    by_resource: list[Difference]
    by_user: list[Difference]
    by_stage: list[Difference]
    by_verb: list[Difference]


def compare(first: Simulation, second: Simulation, *, top: int | None = None) -> Comparison:
    """Compare two simulations of the same lines; `top` limits resources and users to the largest differences."""
    return Comparison(
        first.policy.file,
        second.policy.file,
        _difference("all", first.total, second.total),
        _differences(first.by_level, second.by_level),
        _differences(first.by_resource, second.by_resource)[:top],
        _differences(first.by_user, second.by_user)[:top],
        _differences(first.by_stage, second.by_stage),
        _differences(first.by_verb, second.by_verb),
    )


_NOTHING = Tally()


def _differences(first: Mapping[str, Tally], second: Mapping[str, Tally]) -> list[Difference]:
    keys = {*first, *second}
    found = [_difference(key, first.get(key, _NOTHING), second.get(key, _NOTHING)) for key in keys]
    unequal = [each for each in found if each.bytes or each.events_first != each.events_second]
    return sorted(unequal, key=lambda each: (-abs(each.bytes), each.key))


def _difference(key: str, first: Tally, second: Tally) -> Difference:
    more = second.bytes_kept - first.bytes_kept
    return Difference(key, first.events_kept, first.bytes_kept, second.events_kept, second.bytes_kept, more)
