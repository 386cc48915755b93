"""What a test gave: data, printed at the edge."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lanner.rules.testing.differences import Line

Kind = Literal[
    "mistake",
    "missing",
    "unexpected",
    "times",
    "objects",
    "output",
    "output_fields",
    "priority",
    "tags",
    "alerts",
    "related",
]


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """One way in which a test failed; `mistake` is a test that cannot be run.

    `line` and `column` say where in `file` the broken expectation stands; `details` are lines to show below `message`.
    """

    kind: Kind
    message: str
    rule: str = ""
    line: int = 0
    column: int = 0
    file: str = ""
    expected: Any = None
    got: Any = None
    details: tuple[Line, ...] = ()

    @property
    def place(self) -> str:
        """File, line and column, as far as they are known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What a test gave: it passed where there are no problems; `fired` counts the alerts of each rule."""

    file: str
    test: str
    line: int
    problems: tuple[Problem, ...] = ()
    fired: dict[str, int] = msgspec.field(default_factory=dict)
    events: int = 0
    seconds: float = 0.0

    @property
    def status(self) -> Literal["passed", "failed", "mistaken"]:
        if not self.problems:
            return "passed"
        return "mistaken" if any(problem.kind == "mistake" for problem in self.problems) else "failed"

    @property
    def passed(self) -> bool:
        return not self.problems
