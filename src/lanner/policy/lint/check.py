"""What a check of a policy is: a name, a usual severity, its explanation, and a function that finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from lanner.policy.findings import PolicyFinding, Severity
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Place


class Report(Protocol):
    """Makes a finding of the running check; `severity` only where it is not the check's usual one."""

    def __call__(
        self,
        message: str,
        fix: str,
        *,
        rule: int | None = None,
        place: Place | None = None,
        severity: Severity | None = None,
    ) -> PolicyFinding:
        """Return the finding; without a place it stands at its rule, or at the policy's start."""


Finder = Callable[[Subject, Report], Iterator[PolicyFinding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check; `raw` ones need only the text's nodes, also of a policy that kube-apiserver refuses."""

    name: str
    severity: Severity
    find: Finder
    raw: bool = False

    @property
    def explanation(self) -> str:
        """What the check looks for and why, as one paragraph."""
        return " ".join((inspect.getdoc(self.find) or "").split())

    def run(self, subject: Subject) -> Iterator[PolicyFinding]:
        """Yield what the check finds."""

        def report(
            message: str,
            fix: str,
            *,
            rule: int | None = None,
            place: Place | None = None,
            severity: Severity | None = None,
        ) -> PolicyFinding:
            line, column = place or subject.place(rule)
            return PolicyFinding(self.name, severity or self.severity, message, rule, line, column, fix)

        return self.find(subject, report)


def check(name: str, severity: Severity, *, raw: bool = False) -> Callable[[Finder], Check]:
    """Make a check of a function; its docstring is what docs/policy-lint.md says of it."""
    return lambda find: Check(name, severity, find, raw)
