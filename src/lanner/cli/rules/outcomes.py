"""Prints what tests of rules gave: as text with differences marked (and coloured on a terminal), or as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.text import Text

from lanner.cli.console import print_json
from lanner.outputs.form import escape_controls
from lanner.rules.testing.junit import details_text
from lanner.rules.testing.outcome import Outcome, Problem

_LABELS = {"passed": "passed", "failed": "FAILED", "mistaken": "ERROR"}
_STYLES = {"same": "", "expected": "red", "got": "green"}
_STATUS_STYLES = {"passed": "green", "failed": "bold red", "mistaken": "bold red"}


class Printer:
    """Prints outcomes on stdout; those that passed only where `verbose`."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._console = Console(highlight=False, soft_wrap=True)

    def print(self, outcome: Outcome) -> None:
        """Print one outcome."""
        if outcome.passed and not self._verbose:
            return
        label = Text(_LABELS[outcome.status], style=_STATUS_STYLES[outcome.status])
        seconds = f" ({outcome.seconds:.3f} s)" if outcome.passed else ""
        name = f": {outcome.test}" if outcome.test else ""
        line = f":{outcome.line}" if outcome.line else ""
        self._line(label, f" {outcome.file}{line}{name}{seconds}")
        for problem in outcome.problems:
            self._problem(problem)

    def _problem(self, problem: Problem) -> None:
        self._line(f"  {problem.place}: {problem.message}")
        for line in problem.details:
            self._line("      ", *(Text(escape_controls(str(part)), style=_STYLES[part.kind]) for part in line))

    def _line(self, *parts: str | Text) -> None:
        shown = [part if isinstance(part, Text) else Text(escape_controls(part)) for part in parts]
        self._console.print(Text.assemble(*shown))


def print_outcome_json(outcome: Outcome) -> None:
    """Print one outcome as one line of JSON."""
    shown: dict[str, Any] = {"kind": "test", "file": outcome.file, "line": outcome.line, "test": outcome.test}
    shown |= {"passed": outcome.passed, "status": outcome.status, "problems": list(map(_problem_row, outcome.problems))}
    print_json(shown | {"fired": outcome.fired, "events": outcome.events, "seconds": round(outcome.seconds, 6)})


def summary(outcomes: list[Outcome]) -> str:
    """Return how many tests there were and how they went."""
    counts = Counter(outcome.status for outcome in outcomes)
    mistaken = f", {counts['mistaken']} with mistakes" if counts["mistaken"] else ""
    return f"{len(outcomes)} tests, {counts['failed']} failed{mistaken}"


def _problem_row(problem: Problem) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": problem.kind, "message": problem.message, "rule": problem.rule}
    row |= {"file": problem.file, "line": problem.line, "column": problem.column}
    row |= {"expected": problem.expected, "got": problem.got}
    return row | {"details": details_text(problem).splitlines()}
