"""Correlations at work in tests of rules: detection's engine and memory behind what the tests ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller, Told
from lanner.detect.engine import Engine
from lanner.rules.correlation.model import Correlation
from lanner.rules.testing.correlating import Correlated


class Correlating:
    """The memory of some correlations during one test."""

    def __init__(self, correlations: Sequence[Correlation]) -> None:
        self._engine = Engine([], correlations=correlations)
        self._teller = Teller(self._engine.correlations)

    def take(self, event: Event) -> Iterator[Correlated]:
        """Take an event and the time that it brings."""
        hits: list[Hit] = []
        self._engine.process(event, event.number, hits)
        yield from _correlated(self._teller.take(hits))
        yield from _correlated(self._teller.advance(event.time_ns))

    def finish(self) -> Iterator[Correlated]:
        """Give what still waits for its order."""
        yield from _correlated(self._teller.finish())


def _correlated(told: Iterable[Told]) -> Iterator[Correlated]:
    for alert, text, _place in told:
        (event,) = decode(text).events
        event.number = alert.lanner.event
        yield Correlated(alert.rule, event, alert.output, alert.output_fields, len(alert.lanner.related))
