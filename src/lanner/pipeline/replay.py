"""Detection over finished logs for `lanner replay`, here or in worker processes; encoded alerts in file order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.detect.alert import Alert
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller
from lanner.detect.engine import Engine
from lanner.detect.habits import Habits, HabitSettings
from lanner.detect.incidents import Grouping
from lanner.detect.repeats import Repeats
from lanner.errors import GroundError, LannerError, SourceError
from lanner.pipeline.order import Order
from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.protocol import Answer
from lanner.pipeline.workers.ruleset import FORMS, RuleSet
from lanner.pipeline.workers.task import Task
from lanner.rules.ruleset import Rule
from lanner.sources.history import read_lines, read_pieces
from lanner.sources.lines import Line
from lanner.sources.pieces import PIECE_BYTES, Piece

REASONS_SHOWN = 10
BATCH_LINES = 1000
TOO_LONG = "too long"
# What a worker is waited for at a time; the pool itself sees to those that hang.
_WAIT_SECONDS = 60.0

Note = Callable[[str], None]
Advance = Callable[[int], Any]


class Counts:
    """What a replay has seen so far; `first` is where a reason for refusal was met first.

    `broken` says that a log could not be read to its end, `failures` counts events on which detection broke,
    `render_errors` alerts without their text, `lowered` those that fit a habit.
    """

    def __init__(self) -> None:
        self.events = self.alerts = self.refused = self.failures = self.render_errors = self.lowered = 0
        self.broken = False
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def refuse(self, reason: str, place: str) -> None:
        """Count a piece of input that is no event."""
        self.refused += 1
        shown = reason if reason in self.reasons or len(self.reasons) < REASONS_SHOWN else "other reasons"
        self.reasons[shown] += 1
        self.first.setdefault(shown, place)


class UnreadError(LannerError):
    """Nothing of a log could be read; the place was said already."""

    def __init__(self, cause: LannerError) -> None:
        super().__init__("no event was read")
        self.exit_code = cause.exit_code


def counts_events(rules: Iterable[Rule]) -> bool:
    """Say whether a rule looks at the number of the event, which is known only where all before it are read."""
    return any("evt.num" in rule.output or "evt.num" in repr(rule.condition) for rule in rules)


class Replay:
    """One run over logs; `note` is told what the user has to know meanwhile."""

    def __init__(
        self,
        paths: Sequence[Path],
        note: Note,
        grouping: Grouping | None = None,
        habits: HabitSettings | None = None,
    ) -> None:
        """`grouping` is given all alerts in their order; with `habits` those that fit one are lowered."""
        self.counts = Counts()
        self._grouping = grouping or (Grouping() if habits else None)
        self._habits = habits
        self._paths, self._note = paths, note
        self._pool: Pool | None = None
        self._order = Order(None, FORMS["json"])

    def start(self, workers: int) -> None:
        """Start workers: they get ready while the rules are loaded."""
        self._pool = Pool(RuleSet(()), workers, deadly=self._note_deadly, tell=self._note)

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def run(self, engine: Engine, rules: RuleSet, advance: Advance) -> Iterator[list[bytes]]:
        """Yield encoded alerts; `engine` is that of the rules, `advance` is told the stored bytes that were read.

        Raises UnreadError.
        """
        teller = Teller(rules.correlations, hostname=rules.hostname) if rules.correlations else None
        habits = Habits(self._habits, rules.rules, rules.correlations) if self._habits else None
        self._order = Order(teller, FORMS[rules.form], self._grouping, Repeats(rules.rules), habits)
        if self._order.reads:
            rules = replace(rules, form="json")  # it reads them; the order gives them the form that is wanted
        if self._pool is not None and counts_events(rules.rules):
            self._note("a rule uses evt.num, which counts the events one by one: they are read by one process")
            self.close()
        if self._pool is None:
            found = self._inline(engine, FORMS[rules.form], advance)
        else:
            self._pool.rules = rules
            found = self._pooled(self._pool, advance)
        return self._counted(found)

    def _counted(self, found: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
        for alerts in found:
            self.counts.alerts += len(alerts)
            yield alerts
        if rest := self._order.finish():
            self.counts.alerts += len(rest)
            yield rest
        self.counts.lowered = self._order.lowered

    def _inline(self, engine: Engine, form: Callable[[Alert], bytes], advance: Advance) -> Iterator[list[bytes]]:
        hits: list[Hit] = []
        for path in self._paths:
            try:
                for line in read_lines(path, progress=advance):
                    for event in self._events(line, path):
                        alerts = engine.process(event, line.number, hits)
                        if alerts or hits:
                            yield self._order.add(self.counts.events, [form(alert) for alert in alerts], hits)
                            hits.clear()
            except (SourceError, GroundError) as error:
                self._break_off(error)
        self.counts.render_errors = engine.render_errors

    def _events(self, line: Line, path: Path) -> Iterator[Event]:
        counts = self.counts
        if line.oversized:
            counts.refuse(TOO_LONG, _place(line, path))
            return
        decoded = decode(line.data)
        for refusal in decoded.refusals:
            counts.refuse(refusal.reason, _place(line, path))
        for event in decoded.events:
            counts.events += 1
            event.number = counts.events
            yield event

    def _break_off(self, error: LannerError) -> None:
        self.counts.broken = True
        self._note(f"error: {error}")
        if not self.counts.events:
            raise UnreadError(error) from error

    def _pooled(self, pool: Pool, advance: Advance) -> Iterator[list[bytes]]:
        for path in self._paths:
            try:
                yield from self._read_pooled(pool, _batches(read_pieces(path, progress=advance)))
            except (SourceError, GroundError) as error:
                yield from self._rest(pool, 0)
                self._break_off(error)
        yield from self._rest(pool, 0)

    def _read_pooled(self, pool: Pool, batches: Iterator[_Batch | Piece]) -> Iterator[list[bytes]]:
        for batch in batches:
            if pool.full:
                yield from self._rest(pool, pool.in_flight - 1)
            if isinstance(batch, Piece):
                pool.submit([], batch, piece=batch)
            else:
                pool.submit(batch.lines, batch, numbers=batch.numbers, refused=batch.refused)

    def _rest(self, pool: Pool, keep: int) -> Iterator[list[bytes]]:
        """Take answers until no more than so many batches are in flight."""
        while pool.full or pool.in_flight > keep:
            task = pool.take(_WAIT_SECONDS)
            if task is not None and (alerts := self._taken(task)):
                yield alerts

    def _taken(self, task: Task) -> list[bytes]:
        counts, found = self.counts, task.found
        for part in found.parts:
            for refused in part.refused:
                counts.refuse(refused.reason, f"{task.payload.file}:{part.number}")
        before = counts.events
        counts.events += found.events
        for failure in found.failures:
            counts.failures += 1
            self._note(f"detection failed on event {failure.audit_id}; please report this: {failure.trace}")
        counts.render_errors += found.render_errors
        return self._in_order(found, before)

    def _in_order(self, found: Answer, before: int) -> list[bytes]:
        """Return the alerts of a batch that may be given now; `before` events stand before it."""
        if not found.hits:
            alerts = [alert for _, alert in found.alerts]
            return self._order.add(before + 1, alerts, ()) if alerts else []
        by_event: dict[int, tuple[list[bytes], list[Hit]]] = {}
        for index, alert in found.alerts:
            by_event.setdefault(index, ([], []))[0].append(alert)
        for index, hit in found.hits:
            by_event.setdefault(index, ([], []))[1].append(hit)
        return [
            alert
            for index, (alerts, hits) in sorted(by_event.items())
            for alert in self._order.add(before + index + 1, alerts, hits)
        ]

    def _note_deadly(self, task: Task, line: int) -> None:
        batch: _Batch | Piece = task.payload
        numbers = batch.texts()[1] if isinstance(batch, Piece) else batch.numbers
        self._note(f"error: {batch.file}:{numbers[line]}: {task.refused[line]}; please report this")


class _Batch:
    """Lines of one file that go to a worker together; `refused` are those not to be looked at, with the reason."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: list[bytes] = []
        self.numbers: list[int] = []
        self.refused: dict[int, str] = {}
        self.bytes = 0

    def add(self, line: Line) -> None:
        if line.oversized:
            self.refused[len(self.lines)] = TOO_LONG
        data = b"" if line.oversized else line.data
        self.lines.append(data)
        self.numbers.append(line.number)
        self.bytes += len(data)

    @property
    def full(self) -> bool:
        return len(self.lines) >= BATCH_LINES or self.bytes >= PIECE_BYTES


def _batches(parts: Iterator[Piece | Line]) -> Iterator[_Batch | Piece]:
    """Gather lines between pieces; what was read before a damage is given before it is raised."""
    batch = _Batch("")
    try:
        for part in parts:
            if batch.lines and (batch.full or isinstance(part, Piece) or part.file != batch.file):
                yield batch
                batch = _Batch("")
            if isinstance(part, Piece):
                yield part
            else:
                batch.file = part.file
                batch.add(part)
    except (SourceError, GroundError):
        if batch.lines:
            yield batch
        raise
    if batch.lines:
        yield batch


def _place(line: Line, path: Path) -> str:
    return f"{line.file or path}:{line.number}"
