"""Prints what the tests of rules leave out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.cli.console import print_json
from lanner.outputs.form import escape_controls
from lanner.rules.testing.coverage import RuleCoverage, Untested, percent

SHOWN = 10
_HEADS = {"fires": "no event that fires it hangs on", "silent": "no event that leaves it silent hangs on"}


def print_coverage(rules: Sequence[RuleCoverage], *, verbose: bool) -> None:
    """Print a line a rule, and below it the parts of its condition that no test put to the test."""
    for rule in rules:
        for line in _lines(rule, verbose=verbose):
            sys.stdout.write(escape_controls(line) + "\n")


def print_coverage_json(rules: Sequence[RuleCoverage]) -> None:
    """Print a line of JSON a rule, and one for all."""
    for rule in rules:
        print_json({"kind": "coverage"} | msgspec.to_builtins(rule) | {"percent": rule.percent})
    tested, branches, parts = _totals(rules)
    row = {"rules": len(rules), "rules_tested": tested, "branches": 2 * parts, "branches_tested": branches}
    print_json({"kind": "coverage_total"} | row | {"percent": total(rules)})


def total(rules: Sequence[RuleCoverage]) -> float:
    """Return the share of all branches of all rules, in percent."""
    _tested, branches, parts = _totals(rules)
    return percent(branches, 2 * parts)


def coverage_summary(rules: Sequence[RuleCoverage]) -> str:
    """Return the figures of all rules in one line."""
    tested, branches, parts = _totals(rules)
    counted = f"{tested} of {len(rules)} rules have a test that fires them and one that does not"
    return f"{counted}; {branches} of {2 * parts} branches tested ({total(rules):.1f} %)"


def _totals(rules: Sequence[RuleCoverage]) -> tuple[int, int, int]:
    tested = sum(rule.tested for rule in rules)
    return tested, sum(rule.branches for rule in rules), sum(rule.parts for rule in rules)


def _lines(rule: RuleCoverage, *, verbose: bool) -> Iterator[str]:
    tests = f"tests: {rule.fires} firing, {rule.silent} silent" if rule.fires or rule.silent else "NO TEST"
    off = "" if rule.enabled else ", disabled"
    yield f"{rule.percent:5.1f} %  {rule.rule}  ({tests}{off})  {rule.file}:{rule.line}"
    if not (rule.fires or rule.silent):
        return
    for missing, head in _HEADS.items():
        parts = [part for part in rule.untested if part.missing == missing]
        shown = parts if verbose else parts[:SHOWN]
        if shown:
            yield f"         {head}:"
        for part in shown:
            yield f"           {part.text}  {_place(part)}".rstrip()
        if len(parts) > len(shown):
            yield f"           and {len(parts) - len(shown)} more (-v shows them)"


def _place(part: Untested) -> str:
    return f"{Path(part.file).name}:{part.line}" if part.file and part.line else ""
