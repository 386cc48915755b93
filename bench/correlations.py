"""Memory of correlations under a flood of keys: every kind takes ten million keys that were never seen before.

python bench/correlations.py [--keys 10000000] [--width 6000] [--body 2] [--together]

`--together` floods all kinds at once, so that they share their room; `--width` and `--body` make keys and events long.
"""

from __future__ import annotations

import argparse
import resource
import time

from lanner.detect.correlate.correlator import Correlator
from lanner.detect.correlate.hits import Hit
from lanner.rules.correlation.model import Correlation
from lanner.rules.loading import load_texts

KINDS = {
    "event_count": "condition: {gte: 3}",
    "value_count": "condition: {field: ka.target.name, gte: 3}",
    "value_sum": "condition: {field: ka.response.code, gte: 1e9}",
    "value_avg": "condition: {field: ka.response.code, gte: 1e9}",
    "value_percentile": "condition: {field: ka.response.code, percentile: 95, gte: 1e9}",
    "temporal": "",
    "temporal (not)": "condition: a and not b",
    "temporal_ordered": "",
    "join": "",
    "first_seen": "field: ka.target.name",
    "rare": "field: ka.target.name\n  condition: {lte: 0.1}",
    "absence": "",
}
DOCUMENT = """
title: {kind}
correlation:
  type: {type}
  events: {{a: ka.verb = get, b: ka.verb = list}}
  group-by: [ka.user.name]
  timespan: 30d
  {more}
"""


def resident() -> float:
    """Return what this process holds of memory, MiB."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 1024 / 1024


def main() -> None:
    """Flood one kind after another, or all at once, and print what is remembered and held."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--keys", type=int, default=10_000_000)
    options.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    options.add_argument("--width", type=int, default=0, help="characters of a key more")
    options.add_argument("--body", type=int, default=2, help="bytes of an event's text")
    options.add_argument("--together", action="store_true")
    asked = options.parse_args()
    text = "---".join(DOCUMENT.format(kind=kind, type=kind.partition(" ")[0], more=KINDS[kind]) for kind in asked.kinds)
    correlations = load_texts([("bench.yaml", text)]).require().correlations
    heads = ("remembered", "evicted", "us a key", "counted MiB", "MiB before", "at half", "at the end")
    print(f"{'kind':<18}" + "".join(f"{head:>12}" for head in heads))
    for some in [correlations] if asked.together else [[each] for each in correlations]:
        flood(some, asked)


def flood(correlations: list[Correlation], asked: argparse.Namespace) -> None:
    """Give each correlation a hit of each key, and print a line."""
    correlator, keys = Correlator(correlations), asked.keys
    before, half, started = resident(), 0.0, time.process_time()
    for number in range(keys):
        key = f"user-{number}".ljust(asked.width, "x")
        body = b"%d" % number * (asked.body // len(str(number)) + 1)
        hits = [
            Hit(place, 0, number * 1_000_000, f"{number:036}", number, [(key,)], str(number), (), body)
            for place in range(len(correlations))
        ]
        for _ in correlator.take(hits):
            continue
        if number == keys // 2:
            half = resident()
    spent = (time.process_time() - started) / keys / len(correlations) * 1e6
    name = correlations[0].name if len(correlations) == 1 else "all of them"
    print(
        f"{name:<18}{correlator.remembered:>12,}{correlator.evicted:>12,}{spent:>12.1f}"
        f"{correlator.used / 1024**2:>12.0f}{before:>12.0f}{half:>12.0f}{resident():>12.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
