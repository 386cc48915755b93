"""Why a rule did not fire: the event that came closest, and the fewest parts of the condition that were in its way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from lanner.rules.explain import Explainer, Trace
from lanner.rules.outline import Outline
from lanner.rules.testing.differences import shorten
from lanner.rules.testing.events import Given

EVENTS_TRIED = 1_000
"""The first so many events of a test are looked at; a file may hold any number."""


class Reason(NamedTuple):
    """The closest event, and the parts that were in its way, each in words; none where it meets the condition."""

    given: Given
    parts: list[str]


def closest(outline: Outline, events: Iterable[Given]) -> Reason | None:
    """Return why no event met a condition, by the one that lacked least; None without events."""
    explainer = Explainer(outline)
    tried = ((given, explainer.explain(given.event)) for given in islice(events, EVENTS_TRIED))
    found = min(tried, key=lambda pair: 0 if pair[1].truth else pair[1].away, default=None)
    if found is None:
        return None
    given, trace = found
    parts = [] if trace.truth else list(map(_in_words, _in_the_way(trace)))
    # A check that stands in several places is told once.
    return Reason(given, list(dict.fromkeys(parts)))


def _in_the_way(trace: Trace) -> list[Trace]:
    """Return the fewest checks that would have to come out otherwise for a part to come out otherwise."""
    if not trace.parts:
        return [trace]
    if trace.kind not in ("and", "or"):
        return _in_the_way(trace.parts[0])
    certain = trace.kind == "or"
    all_of = [part for part in trace.parts if part.truth is certain] or [min(trace.parts, key=lambda part: part.away)]
    return [found for part in all_of for found in _in_the_way(part)]


def _in_words(check: Trace) -> str:
    value = "<NA>" if check.value is None else shorten(json.dumps(check.value, ensure_ascii=False))
    more = "".join(f"; {text}" for text in (check.remark, check.hint) if text)
    return f"{check.text} is {str(check.truth).lower()}, found {value}{more}"
