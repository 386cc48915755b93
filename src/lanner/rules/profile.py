"""Measures what each rule costs on real events: how often it is tried, what its checks and the bodies it reads take.

All times are processor time of this thread, so that other programs on the machine do not count. The whole rule set is
timed as it runs in the engine; each rule is timed alone, over many events at once, less what an empty function takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from time import thread_time_ns
from typing import Any, TypeVar

import msgspec

from lanner.audit.decode import Refusal, decode
from lanner.audit.event import Event
from lanner.rules.bodies import PARTS, watched
from lanner.rules.codegen import generate_all
from lanner.rules.compile import Remainder, compile_conditions
from lanner.rules.falco.output import OutputFormat
from lanner.rules.ruleset import Rule

BATCH_EVENTS = 512
BATCH_BYTES = 4 * 1024 * 1024
"""How much is held at once, decoded; more would measure the way from memory, which a running engine does not go."""

FUNCTIONS_KEPT = 32_768
_ROUNDS = 5

Function = Callable[[Event], Any]
_Item = TypeVar("_Item")


class BodyUse(msgspec.Struct):
    """How many events had a body decoded for a rule, and its part of the nanoseconds (shared evenly by its users)."""

    events: int = 0
    ns: float = 0.0


class RuleCost(msgspec.Struct, kw_only=True):
    """What a rule did and took, in nanoseconds: `check_ns` its checks alone, `output_ns` the texts of its alerts.

    `bodies` has what was decoded for it by the names of PARTS.
    """

    rule: Rule
    candidates: int = 0
    matched: int = 0
    check_ns: float = 0.0
    output_ns: float = 0.0
    bodies: dict[str, BodyUse] = msgspec.field(default_factory=dict)

    @property
    def match_ns(self) -> float:
        """What matching took: checks and bodies."""
        return self.check_ns + sum(use.ns for use in self.bodies.values())


class Profile(msgspec.Struct, kw_only=True):
    """The costs of rules in load order, and of the whole as the engine runs it; times in nanoseconds."""

    rules: list[RuleCost]
    events: int = 0
    alerts: int = 0
    decode_ns: int = 0
    match_ns: int = 0
    output_ns: int = 0

    @property
    def total_ns(self) -> int:
        return self.decode_ns + self.match_ns + self.output_ns

    def share(self, cost: RuleCost) -> float:
        """Return a rule's part of what all rules take one by one, from 0 to 1."""
        together = sum(each.match_ns for each in self.rules)
        return cost.match_ns / together if together else 0.0


class Profiler:
    """Takes lines of a log batch by batch; `profile` holds what was measured, whole batches only."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.profile = Profile(rules=[RuleCost(rule=rule) for rule in rules])
        self._matcher = compile_conditions([rule.condition for rule in rules])
        self._formats = [OutputFormat(rule.output) for rule in rules]
        self._functions: dict[int, Function] = {}
        self._clock_ns = _quickest(lambda: _timed(lambda: None))
        self._empty = generate_all([(0, False)])

    def add(self, lines: Sequence[bytes]) -> list[list[Refusal]]:
        """Measure a batch; returns what was refused of each line."""
        decoded = [decode(line) for line in lines]
        batch = _Batch(self, [event for each in decoded for event in each.events])
        batch.run()
        decode_ns = _timed(lambda: _each(decode, lines))
        both_ns = _timed(lambda: self._detect(lines))
        self.profile.decode_ns += decode_ns
        self.profile.match_ns += max(0, both_ns - decode_ns)
        batch.add_to(self.profile)
        return [each.refusals for each in decoded]

    def _detect(self, lines: Sequence[bytes]) -> None:
        """Decode and match as an engine does: no event outlives its turn."""
        for line in lines:
            for event in decode(line).events:
                self._matcher.match(event)

    def matches(self, event: Event) -> list[int]:
        return self._matcher.match(event)

    def candidates(self, event: Event) -> tuple[Remainder, ...]:
        return self._matcher.candidates(event)

    def function(self, remainder: Remainder) -> Function:
        """Return the generated function of one rule's remainder alone."""
        found = self._functions.get(remainder.identity)
        if found is None:
            if len(self._functions) >= FUNCTIONS_KEPT:
                self._functions.clear()
            found = self._functions[remainder.identity] = generate_all([(0, remainder.condition)])
        return found

    def loop_ns(self, function: Function, events: Sequence[Event]) -> float:
        """Return what a function takes on events, reading the clock taken off."""
        return max(0.0, _timed(lambda: _each(function, events)) - self._clock_ns)

    def empty_ns(self, events: Sequence[Event]) -> float:
        """Return what calling a function without checks takes on one of these events."""
        return _quickest(lambda: self.loop_ns(self._empty, events)) / len(events) if events else 0.0

    def output(self, number: int) -> Function:
        return self._formats[number].resolve

    def decoding_ns(self, measured: int) -> float:
        """Return what decoding took, reading the clock taken off."""
        return max(0.0, measured - self._clock_ns)


def _timed(work: Callable[[], object]) -> int:
    started = thread_time_ns()
    work()
    return thread_time_ns() - started


def _each(function: Callable[[_Item], object], items: Iterable[_Item]) -> None:
    for item in items:
        function(item)


def _quickest(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(_ROUNDS))


class _Batch:
    """The measurement of some events; kept apart until it is whole."""

    def __init__(self, profiler: Profiler, events: Sequence[Event]) -> None:
        self._profiler, self._events = profiler, events
        self._alerts: dict[int, list[Event]] = defaultdict(list)
        self._tried: dict[tuple[int, int], tuple[Remainder, list[Event]]] = {}
        self._bodies: dict[tuple[int, str], BodyUse] = defaultdict(BodyUse)
        self._check_ns: dict[int, float] = defaultdict(float)
        self._output_ns: dict[int, float] = {}

    def run(self) -> None:
        """Match first: that generates the functions and decodes the bodies which what is timed finds ready."""
        profiler = self._profiler
        for event in self._events:
            for number in profiler.matches(event):
                self._alerts[number].append(event)
        self._output_ns = {
            number: profiler.loop_ns(profiler.output(number), events) for number, events in self._alerts.items()
        }
        for event in self._events:
            self._watch(event)
        self._measure_alone()

    def _watch(self, event: Event) -> None:
        """Note which rules are tried on an event and which bodies each of them asks for."""
        seen = watched(event)
        users: dict[str, list[int]] = {}
        for remainder in self._profiler.candidates(event):
            key = (remainder.number, remainder.identity)
            self._tried.setdefault(key, (remainder, []))[1].append(event)
            seen.asked.clear()
            self._profiler.function(remainder)(seen)
            for part in seen.asked:
                users.setdefault(part, []).append(remainder.number)
        for part, numbers in users.items():
            ns = self._profiler.decoding_ns(seen.spent.get(part, 0)) / len(numbers)
            for number in numbers:
                use = self._bodies[number, part]
                use.events += 1
                use.ns += ns

    def _measure_alone(self) -> None:
        empty_ns = self._profiler.empty_ns(self._events)
        for remainder, events in self._tried.values():
            taken = self._profiler.loop_ns(self._profiler.function(remainder), events)
            self._check_ns[remainder.number] += max(0.0, taken - empty_ns * len(events))

    def add_to(self, profile: Profile) -> None:
        profile.events += len(self._events)
        profile.output_ns += round(sum(self._output_ns.values()))
        profile.alerts += sum(map(len, self._alerts.values()))
        for remainder, events in self._tried.values():
            profile.rules[remainder.number].candidates += len(events)
        for number, events in self._alerts.items():
            profile.rules[number].matched += len(events)
            profile.rules[number].output_ns += self._output_ns[number]
        for number, ns in self._check_ns.items():
            profile.rules[number].check_ns += ns
        for (number, part), use in self._bodies.items():
            total = profile.rules[number].bodies.setdefault(PARTS[part], BodyUse())
            total.events += use.events
            total.ns += use.ns
