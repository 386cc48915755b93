"""Memory of correlations under a flood of keys: every kind takes ten million keys that were never seen before.

python bench/correlations.py [--keys 10000000]
"""

from __future__ import annotations

import argparse
import resource
import time

from lanner.detect.correlate.correlator import Correlator
from lanner.detect.correlate.hits import Hit
from lanner.rules.loading import load_texts

KINDS = {
    "event_count": "condition: {gte: 3}",
    "value_count": "condition: {field: ka.target.name, gte: 3}",
    "temporal": "condition: a and not b",
    "temporal_ordered": "",
    "join": "",
    "first_seen": "field: ka.target.name",
    "rare": "field: ka.target.name\n  condition: {lte: 0.1}",
    "absence": "",
}
DOCUMENT = """
title: {kind}
correlation:
  type: {kind}
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
    """Flood one kind after another and print what is remembered and held."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--keys", type=int, default=10_000_000)
    options.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    asked = options.parse_args()
    keys = asked.keys
    text = "---".join(DOCUMENT.format(kind=kind, more=more) for kind, more in KINDS.items() if kind in asked.kinds)
    correlations = load_texts([("bench.yaml", text)]).require().correlations
    heads = ("remembered", "evicted", "us a key", "MiB before", "at half", "at the end")
    print(f"{'kind':<18}" + "".join(f"{head:>12}" for head in heads))
    for correlation in correlations:
        correlator = Correlator([correlation])
        before, half, started = resident(), 0.0, time.process_time()
        for number in range(keys):
            hit = Hit(0, 0, number * 1_000_000, f"id-{number}", number, [(f"user-{number}",)], "x", (), b"{}")
            for _ in correlator.take((hit,)):
                continue
            if number == keys // 2:
                half = resident()
        spent = (time.process_time() - started) / keys * 1e6
        print(
            f"{correlation.kind:<18}{correlator.remembered:>12,}{correlator.evicted:>12,}{spent:>12.1f}"
            f"{before:>12.0f}{half:>12.0f}{resident():>12.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
