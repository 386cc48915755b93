"""The same log with its attacks at other times: what belongs to a chain is moved together and keeps its order.

What else comes from an attacker's address (his tools look around, which is not labelled) moves with his chain; all else
stays where it is. Every time in a moved event moves with it. Where a chain begins is said as a share of the log's time.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LAST = 0.99


class Move(NamedTuple):
    """Where a chain begins, as a share of the log's time, and how many times slower it goes."""

    start: float
    stretch: float


class _Head(msgspec.Struct):
    auditID: str  # noqa: N815 - the key in the file
    stage: str
    stageTimestamp: str  # noqa: N815
    sourceIPs: list[str] = []  # noqa: N815


_HEAD = msgspec.json.Decoder(_Head)
Timed = tuple[dt.datetime, bytes]


def moves(order: str, chains: Mapping[str, Move]) -> dict[str, Move]:
    """Return where chains go; `chains` says where they are, with the share of time that they take as their stretch.

    `reversed`: the last one first, each as long as it was. `together`: all begin at once and end at once. `early`: one
    after the other from a third of the log on. `slow`: each takes all the time there is from its beginning. A number
    seeds places and paces by chance.
    """
    names = sorted(chains, key=lambda name: chains[name].start)
    begins, lengths = [chains[name].start for name in names], {name: max(chains[name].stretch, 1e-6) for name in names}
    match order:
        case "reversed":
            return {name: Move(begins[-1 - n], 1.0) for n, name in enumerate(names)}
        case "together":
            longest = max(lengths.values())
            return {name: Move(begins[0], longest / lengths[name]) for name in names}
        case "early":
            return {name: Move(0.33 + 0.12 * n, min(1.0, 0.1 / lengths[name])) for n, name in enumerate(names)}
        case "slow":
            return {
                name: Move(start, (_LAST - start) / lengths[name]) for name, start in zip(names, begins, strict=True)
            }
        case _:
            chance = random.Random(int(order))
            return {name: _by_chance(chance, lengths[name]) for name in names}


def _by_chance(chance: random.Random, length: float) -> Move:
    start = chance.uniform(0.25, 0.9)
    return Move(start, chance.uniform(0.05, _LAST - start) / length)


def reordered(
    lines: Sequence[bytes], labels: Mapping[tuple[str, str], Mapping[str, str]], order: str
) -> Iterator[bytes]:
    """Give the lines with chains moved; `labels` are those of events by audit id and stage."""
    stay: list[Timed] = []
    parts: dict[str, list[Timed]] = {}
    homes = _homes(lines, labels)
    for line in lines:
        head = _HEAD.decode(line)
        label = labels.get((head.auditID, head.stage))
        chain = label["chain"] if label else homes.get(head.sourceIPs[-1] if head.sourceIPs else "", "")
        (parts.setdefault(chain, []) if chain else stay).append((_read(head.stageTimestamp.encode()), line))
    first, span = stay[0][0], max(time for time, _ in stay) - stay[0][0]
    now = {name: Move((each[0][0] - first) / span, (each[-1][0] - each[0][0]) / span) for name, each in parts.items()}
    moved = [list(_moved(parts[name], first + span * to.start, to.stretch)) for name, to in moves(order, now).items()]
    yield from (line for _, line in heapq.merge(*map(_rising, [stay, *moved]), key=lambda timed: timed[0]))


def _homes(lines: Iterable[bytes], labels: Mapping[tuple[str, str], Mapping[str, str]]) -> dict[str, str]:
    """Return the addresses from which attacks come, with their chain."""
    homes = {}
    for line in lines:
        head = _HEAD.decode(line)
        label = labels.get((head.auditID, head.stage))
        if label and label["kind"] == "attack" and head.sourceIPs:
            homes[head.sourceIPs[-1]] = label["chain"]
    return homes


def _moved(events: list[Timed], start: dt.datetime, stretch: float) -> Iterator[Timed]:
    begun = events[0][0]
    for time, line in events:
        after = start + (time - begun) * stretch
        yield after, _TIME.sub(lambda found, by=after - time: _write(_read(found[0]) + by, found[0]), line)


def _rising(events: list[Timed]) -> Iterator[Timed]:
    """Give lines in their order, each with the latest time so far: a log is not quite sorted."""
    latest = events[0][0]
    for time, line in events:
        latest = max(latest, time)
        yield latest, line


def _read(text: bytes) -> dt.datetime:
    return dt.datetime.fromisoformat(text.decode())


def _write(time: dt.datetime, like: bytes) -> bytes:
    """Write a time as exactly as the other one."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if b"." in like else "%Y-%m-%dT%H:%M:%SZ"
    return time.strftime(form).encode()
