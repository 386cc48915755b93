"""Rules for workers, pools that end, and rules that sabotage the worker that takes them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.rules.falco.documents import load_texts

RULES = """
- rule: {name}
  desc: d
  condition: ka.verb=create and ka.target.subresource=exec
  output: exec (id=%ka.auditid)
  priority: WARNING
  source: k8s_audit
"""

DEADLY = """
import os, signal, sys, time
loop = sys.modules["__main__"]
real = loop.decode
def decode(line):
    if b"deadly" in line:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"hanging" in line:
        time.sleep(1000)
    if b"slow" in line:
        time.sleep(0.05)
    return real(line)
loop.decode = decode
"""
"""What a defect in a library would do, put into the worker with its rules."""


class _Code:
    def __init__(self, code: str) -> None:
        self._code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"exec({self._code!r}, {{}}) or 'h'",)


class SabotagedRuleSet(RuleSet):
    """Runs code in each worker that unpacks it."""

    @property
    def packed(self) -> bytes:
        return pickle.dumps((self.rules, self.matching, _Code(DEADLY), self.form))


def make_rules(name: str = "Exec") -> RuleSet:
    return RuleSet(tuple(load_texts([("rules.yaml", RULES.format(name=name))]).rules), hostname="h")


@pytest.fixture
def rules() -> Callable[..., RuleSet]:
    return make_rules


@pytest.fixture
def sabotaged() -> RuleSet:
    """Rules under which lines with `deadly`, `hanging` and `slow` do what they say."""
    return SabotagedRuleSet(make_rules().rules)


@pytest.fixture
def pool() -> Iterator[Callable[..., Pool]]:
    """Make pools that keep what they tell in `told` and `killers`; all are closed."""
    made: list[Pool] = []

    def make(rules: RuleSet, workers: int = 2, **more: Any) -> Pool:
        told: list[str] = []
        killers: list[tuple[int, int]] = []
        one = Pool(
            rules,
            workers,
            deadly=lambda task, line: killers.append((task.serial, line)),
            tell=told.append,
            **more,
        )
        one.told, one.killers = told, killers  # type: ignore[attr-defined]  # for the tests alone
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
