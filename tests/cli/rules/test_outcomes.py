"""Outcomes on a screen."""

import io

from rich.console import Console

from lanner.cli.rules.outcomes import Printer, summary
from lanner.rules.testing.differences import differences
from lanner.rules.testing.outcome import Outcome, Problem

FAILED = Outcome(
    file="a.test.yaml",
    test="bad [red]x[/]\x1b[2J",
    line=4,
    problems=(
        Problem(
            kind="output", message="said", file="a.test.yaml", line=5, column=6, details=(differences("a b", "a c"),)
        ),
    ),
)


def shown(*, terminal):
    printer = Printer(verbose=False)
    colors = "standard" if terminal else None
    printer._console = Console(file=io.StringIO(), highlight=False, soft_wrap=True, color_system=colors)
    printer.print(FAILED)
    return printer._console.file.getvalue()


def test_differences_are_marked_and_nothing_drives_the_terminal():
    assert shown(terminal=False) == (
        "FAILED a.test.yaml:4: bad [red]x[/]\\x1b[2J\n  a.test.yaml:5:6: said\n      a [-b-]{+c+}\n"
    )


def test_differences_are_coloured_on_a_terminal():
    text = shown(terminal=True)
    assert "a \x1b[31m[-b-]\x1b[0m\x1b[32m{+c+}\x1b[0m" in text
    assert "\x1b[2J" not in text


def test_figures_of_a_run():
    assert summary([FAILED, Outcome(file="f", test="t", line=1)]) == "2 tests, 1 failed"
