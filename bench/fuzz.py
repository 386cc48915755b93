"""Feeds damaged input to what reads input: events, conditions, rules documents. Counts crashes, hangs and growth.

Usage: python bench/fuzz.py [events|conditions|documents ...] [--count N] [--seed N] [--keep FOLDER]
A hang is an input that takes over 100 ms of processor time, twice, for each event that it holds (a line may hold
thousands). Inputs that crash or hang are kept in the folder.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import mutate

from lanner.audit.decode import decode
from lanner.audit.fields import FIELDS, FieldError, lookup
from lanner.detect.engine import Engine
from lanner.rules import ir
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.condition_lexer import MODIFIERS, TRANSFORMERS
from lanner.rules.falco.documents import load_files, load_texts
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
ORACLE = SHARED / "falco_oracle"
RULES = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
COUNTS = {"events": 1_000_000, "conditions": 100_000, "documents": 100_000}
HANG_SECONDS = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")
REPORTS = 20


class Subject:
    """What is fed: `make` gives an input, `feed` works on it and may raise nothing; `found` counts what came of it.

    `pieces` is how many events the last input held, at least one.
    """

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self.pieces = 1

    def make(self, random: Random) -> bytes:
        raise NotImplementedError

    def feed(self, data: bytes) -> str:
        raise NotImplementedError

    def count(self, outcome: str) -> None:
        self.found[outcome] = self.found.get(outcome, 0) + 1


class Events(Subject):
    """Lines of a real log and of the oracle, to the decoder, both engines, the evaluator and every field."""

    def __init__(self) -> None:
        super().__init__()
        lines = [line.data for line in read_lines(SHARED / "audit" / "full.jsonl.zst")][::23]
        self._lines = [line for line in lines if len(line) < 20_000]
        self._lines += [line.data for line in read_lines(ORACLE / "events.jsonl")] * 2
        self._documents: list[Any] = [msgspec.json.decode(line) for line in self._lines]
        rules = load_files([RULES]).rules
        self._engines = [Engine(rules, matching="all"), Engine(rules, matching="first")]
        self._fields = [lookup(name, _argument(name)) for name in FIELDS]
        self._plain = [(rule, Evaluator(rule.condition)) for rule in self._engines[0].rules]
        self._turn = 0

    def make(self, random: Random) -> bytes:
        place = random.randrange(len(self._lines))
        if random.random() < 0.25:
            return mutate.damaged_bytes(random, self._lines[place])
        return mutate.damaged_json(random, self._documents[place])

    def feed(self, data: bytes) -> str:
        decoded = decode(data)
        self.pieces = max(1, len(decoded.events) + len(decoded.refusals))
        alerts = 0
        for event in decoded.events:
            fired = [alert.rule for alert in self._engines[0].process(event)]
            first = [alert.rule for alert in self._engines[1].process(event)]
            assert first == fired[:1], "first match is not the first of all"
            alerts += len(fired)
            self._look_closer(event, fired)
        if any(engine.render_errors for engine in self._engines):
            raise AssertionError("an output could not be rendered")
        return "alert" if alerts else "event" if decoded.events else "refused" if decoded.refusals else "blank"

    def _look_closer(self, event: Any, fired: list[str]) -> None:
        self._turn += 1
        if self._turn % 20 == 0:
            for field in self._fields:
                field(event)
        if self._turn % 50 == 0:
            assert [rule.name for rule, plain in self._plain if plain.holds(event)] == fired, "evaluator differs"


def _argument(name: str) -> str | None:
    try:
        lookup(name, None)
    except FieldError:
        return "/requestObject/spec" if name.startswith("j") else "0"
    return None


class Texts(Subject):
    """Damaged texts of a language."""

    _texts: list[str]
    _words: list[str]

    def make(self, random: Random) -> bytes:
        text = mutate.damaged_text(random, random.choice(self._texts), self._words, self._texts)
        return text.encode("utf-8", "surrogatepass")


class Conditions(Texts):
    """Recorded conditions to parser, check and compiler; those that load are tried on an event, twice over."""

    def __init__(self) -> None:
        super().__init__()
        rows = [msgspec.json.decode(line.data) for line in read_lines(ORACLE / "conditions.jsonl")]
        self._texts = [row["condition"] for row in rows] + [
            rule.condition_text for rule in load_files([RULES]).rules if len(rule.condition_text) < 4_000
        ]
        self._words = _words(self._texts)
        lines = [line.data for line in read_lines(ORACLE / "events.jsonl")]
        self._events = [event for line in lines for event in decode(line).events][::9]

    def make(self, random: Random) -> bytes:
        return mutate.joined(random, self._texts).encode() if random.random() < 0.3 else super().make(random)

    def feed(self, data: bytes) -> str:
        try:
            condition = parse_condition(data.decode("utf-8", "surrogatepass"))
            matcher = compile_conditions([condition])
        except ir.ConditionError:
            return "refused"
        plain = Evaluator(condition)
        for event in self._events:
            assert matcher.match(event) == ([0] if plain.holds(event) else []), "evaluator differs"
        return "loaded"


class Documents(Texts):
    """Recorded rules documents and Falco's own macros to the loader; those that load are compiled and tried."""

    def __init__(self) -> None:
        super().__init__()
        rows = [msgspec.json.decode(line.data) for line in read_lines(ORACLE / "documents.jsonl")]
        self._texts = [text for row in rows for text in row["files"] if len(text) < 8_000]
        self._words = [
            *_words(self._texts),
            "\n- ",
            "\n  ",
            ": ",
            "&a ",
            "*a",
            "<<: ",
            "!!int ",
            "|\n",
            "---\n",
            "[",
            "{",
            "#",
        ]
        lines = [line.data for line in read_lines(ORACLE / "events.jsonl")]
        self._events = [event for line in lines for event in decode(line).events][::9]

    def feed(self, data: bytes) -> str:
        loaded = load_texts([("fuzz.yaml", data.decode("utf-8", "surrogatepass"))])
        if not loaded.successful:
            return "refused"
        engine = Engine(loaded.rules)
        for event in self._events:
            engine.process(event)
        assert not engine.render_errors, "an output could not be rendered"
        return "rules" if loaded.rules else "loaded, no rules"


def _words(texts: Iterable[str]) -> list[str]:
    operators = [f" {name} " for name in (*ir.OPERATORS, "and", "or", "not", "exists", *MODIFIERS)]
    calls = [f"{name}(" for name in (*TRANSFORMERS, "val")]
    fields = [*FIELDS, "ka.nope", "[0]", "[", "]", "(", ")", ",", '"', "'", "\\", "\\x", "\\'"]
    return [*operators, *calls, *fields, *sorted({word for text in texts for word in text.split()})]


SUBJECTS: dict[str, Callable[[], Subject]] = {"events": Events, "conditions": Conditions, "documents": Documents}


class Run:
    """Feeds one subject and keeps the books."""

    def __init__(self, name: str, keep: Path) -> None:
        self.subject = SUBJECTS[name]()
        self.crashes = self.hangs = 0
        self.slowest = 0.0
        self._name, self._keep = name, keep

    def feed(self, inputs: Iterator[bytes], count: int) -> None:
        memory: list[int] = []
        for number in range(count):
            self._feed_one(next(inputs))
            if number % max(1, count // 50) == 0:
                gc.collect()
                memory.append(_resident())
                print(f"\r{self._name}: {number:,}", end="", file=sys.stderr)
        settled = memory[len(memory) // 5 :] or memory
        print(f"\r{self._name}: {count:,} inputs, {self.subject.found}", file=sys.stderr)
        row = {
            "subject": self._name, "inputs": count, "outcomes": self.subject.found, "crashes": self.crashes,
            "hangs": self.hangs, "slowest_ms": round(self.slowest * 1000, 1),
            "memory_mb": {"after_fifth": settled[0] >> 20, "most": max(settled) >> 20, "end": settled[-1] >> 20},
        }  # fmt: skip
        print(msgspec.json.encode(row).decode(), flush=True)

    def _feed_one(self, data: bytes) -> None:
        seconds = self._timed(data)
        if seconds > HANG_SECONDS:
            # A collection or a first compilation may fall on one input; a hang is in the input.
            seconds = min(seconds, self._timed(data))
        self.slowest = max(self.slowest, seconds)
        if seconds > HANG_SECONDS:
            self.hangs += 1
            self._save(data, f"hang, {seconds * 1000:.0f} ms")

    def _timed(self, data: bytes) -> float:
        started = time.thread_time()
        try:
            self.subject.count(self.subject.feed(data))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.crashes += 1
            self._save(data, "".join(traceback.format_exception(error, limit=-4)))
        return (time.thread_time() - started) / self.subject.pieces

    def _save(self, data: bytes, why: str) -> None:
        self._keep.mkdir(parents=True, exist_ok=True)
        path = self._keep / f"{self._name}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        if self.crashes + self.hangs <= REPORTS:
            print(f"\n{path}: {why}", file=sys.stderr)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _inputs(subject: Subject, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    while True:
        yield subject.make(random)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", default=list(SUBJECTS), metavar="subject")
    parser.add_argument(
        "--count", type=int, help="inputs of each subject; default: a million events, 100,000 of the others"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    arguments = parser.parse_args()
    bad = 0
    for name in arguments.subjects:
        run = Run(name, arguments.keep)
        run.feed(_inputs(run.subject, arguments.seed), arguments.count or COUNTS[name])
        bad += run.crashes + run.hangs
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
