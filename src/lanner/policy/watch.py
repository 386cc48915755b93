"""Compares events with the policy that the API server is meant to run; knows nothing of where they come from.

An event tells all that the policy saw of its request (see attributes.py), so its level, stage and managed fields are
either those of the policy's decision or prove another policy. What does not arrive is judged by runs and habits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lanner.audit.event import Event
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.model import LEVELS, Attributes, Decision, Level, Policy
from lanner.policy.projection import managed_bytes
from lanner.policy.watch_model import Deviation, Kind, Witness
from lanner.policy.watch_settings import PolicySettings
from lanner.policy.watch_stages import StageRuns
from lanner.policy.watch_streams import Silence, Streams

NS = 1_000_000_000
_LEVELS = {text: Level(number) for number, text in enumerate(LEVELS)}


class Former(NamedTuple):
    """What held before: events up to `until_ns` may follow `policy`, or anything where it is None."""

    policy: CompiledPolicy | None
    until_ns: int


class Watch:
    """Looks at events in order. `compared` counts those that could be compared; not to be shared between threads."""

    def __init__(self, policy: Policy, settings: PolicySettings, *, since_ns: int = 0) -> None:
        self.policy = policy
        self.compared = 0
        self._compiled = CompiledPolicy(policy)
        self._former = Former(None, since_ns)
        self._stages = StageRuns()
        self._streams = Streams(settings.learn, settings.quiet)

    def exchange(self, policy: Policy, until_ns: int) -> None:
        """Compare with another policy from now on; events up to a time may still follow the former one."""
        self._former = Former(self._compiled, until_ns)
        self.policy, self._compiled = policy, CompiledPolicy(policy)
        self._stages = StageRuns()
        self._streams.drop_unlogged(self._compiled.decide)

    def look(self, event: Event) -> list[Deviation]:
        """Return how an event, and what did not come before it, deviates from the policy."""
        level = _LEVELS.get(event.head.level or "")
        if level is None:
            return []
        self.compared += 1
        attributes = of_event(event.head)
        decision = self._compiled.decide(attributes)
        found = list(_differences(event, level, attributes, decision))
        if found and event.time_ns < self._former.until_ns and self._was_right(event, level, attributes):
            return []
        if decision.level:
            found += self._absences(event, attributes, decision)
        return found

    def _was_right(self, event: Event, level: Level, attributes: Attributes) -> bool:
        former = self._former.policy
        return former is None or not any(_differences(event, level, attributes, former.decide(attributes)))

    def _absences(self, event: Event, attributes: Attributes, decision: Decision) -> Iterator[Deviation]:
        missing = self._stages.note(attributes, event.head.stage or "", decision, event.time_ns)
        if missing is not None:
            seen = f"{missing.events} events in a row came in stage {missing.beside} and none in {missing.stage}"
            witness = Witness.of_event(event, attributes)
            yield Deviation(Kind.STAGE_MISSING, decision.rule, missing.stage, seen, witness, missing.events)
        for silence in self._streams.note(event, attributes):
            yield self._gone(silence)

    def _gone(self, silence: Silence) -> Deviation:
        decision = self._compiled.decide(silence.attributes)
        seen = (
            f"nothing of {silence.what} for {duration(silence.seconds)} and {silence.events} events of the log, "
            f"never before for more than {duration(silence.longest)}"
        )
        return Deviation(Kind.GONE_SILENT, decision.rule, decision.level.text, seen, silence.last)


def _differences(event: Event, level: Level, attributes: Attributes, decision: Decision) -> Iterator[Deviation]:
    """Yield what of one event the decision does not allow."""
    head, rule = event.head, decision.rule
    if level is not decision.level:
        kind = Kind.LOWER_LEVEL if level < decision.level else Kind.HIGHER_LEVEL if decision.level else Kind.NOT_DROPPED
        yield Deviation(kind, rule, decision.level.text, level.text, Witness.of_event(event, attributes))
    elif decision.omit_managed_fields and level >= Level.REQUEST and managed_bytes(head, level):
        witness = Witness.of_event(event, attributes)
        yield Deviation(Kind.MANAGED_FIELDS_KEPT, rule, "no managedFields", "managedFields", witness)
    if decision.level and head.stage in decision.omit_stages:
        expected, seen = f"no {head.stage}", f"stage {head.stage}"
        yield Deviation(Kind.STAGE_KEPT, rule, expected, seen, Witness.of_event(event, attributes))


def duration(seconds: float) -> str:
    """Return a time in its largest unit that leaves a number above one: `90 s`, `14 min`, `3.5 h`."""
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} s"
