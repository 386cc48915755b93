"""Remarks on a policy beyond what kube-apiserver says: a file for a kind of mistake, a line here for a check."""

from __future__ import annotations

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Check
from lanner.policy.lint.ignored_keys import ignored_key
from lanner.policy.lint.shadowed import shadowed_entry, unreachable_rule
from lanner.policy.lint.subject import Subject
from lanner.policy.loading import LoadedPolicy

CHECKS: tuple[Check, ...] = (
    ignored_key,
    unreachable_rule,
    shadowed_entry,
)


def lint(loaded: LoadedPolicy) -> list[PolicyFinding]:
    """Return all findings in the order of the file; of a refused policy only those on its keys."""
    subject = Subject.of(loaded)
    if subject is None:
        return []
    checks = [one for one in CHECKS if one.raw or loaded.policy is not None]
    found = [finding for one in checks for finding in one.run(subject)]
    return sorted(found, key=lambda finding: (finding.line, finding.column))
