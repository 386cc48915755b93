"""What tests of correlations need of those that correlate, which is another room's work and is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from lanner.audit.event import Event
from lanner.rules.correlation.model import Correlation
from lanner.rules.evaluate import Evaluator
from lanner.rules.testing.events import Given

SHOWN = 5


class Correlated(NamedTuple):
    """A correlation that fired: the event that it is told of, with its number, and what it said.

    `related` is how many events stand behind it.
    """

    name: str
    event: Event
    output: str
    fields: dict[str, Any]
    related: int


class Correlating(Protocol):
    """The memory of some correlations during one test."""

    def take(self, event: Event) -> Iterable[Correlated]:
        """Take an event, in the order of the test; give what fires by it or by the time that it brings."""

    def finish(self) -> Iterable[Correlated]:
        """Give what fires by the events so far; no more will come."""


class Correlate(Protocol):
    """Makes a memory for some correlations."""

    def __call__(self, correlations: Sequence[Correlation], /) -> Correlating:
        """Return an empty memory."""


def met_parts(correlation: Correlation, events: Iterable[Given]) -> Iterator[str]:
    """Yield for each kind of event that a correlation looks at which events of a test are of that kind."""
    tests = [(part.alias, Evaluator(part.condition)) for _, part in correlation.seen]
    met: dict[str, list[str]] = {alias: [] for alias, _ in tests}
    for given in events:
        for alias, test in tests:
            if test.holds(given.event):
                met[alias].append(given.label)
    for alias, labels in met.items():
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        yield f"{alias}: {', '.join(labels[:SHOWN]) or 'no event'}{more}"
