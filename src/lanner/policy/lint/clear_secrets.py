"""Secrets that a policy writes into the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lanner.policy.findings import PolicyFinding, Severity
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.narrow import narrow
from lanner.policy.lint.reach import reach
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Level, PolicyRule

_WRITES = ("create", "update", "patch")
_ANSWERS = ("get", "list", *_WRITES, "deletecollection")


class _Kind(NamedTuple):
    """A resource with secrets in bodies: in requests of some verbs, in responses of some."""

    group: str
    path: str
    what: str
    severity: Severity
    asks: tuple[str, ...]
    answers: tuple[str, ...]


_KINDS = (
    _Kind("", "secrets", "the data of secrets", "error", _WRITES, _ANSWERS),
    _Kind("", "serviceaccounts/token", "the token that is issued", "error", (), ("create",)),
    _Kind("authentication.k8s.io", "tokenreviews", "the token under review", "error", ("create",), ("create",)),
    _Kind("", "configmaps", "the data of configmaps, which often hold passwords,", "warning", _WRITES, _ANSWERS),
)


@check("secret-in-clear", "error")
def secret_in_clear(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule that writes the bodies of secrets, issued tokens, token reviews or configmaps: whoever reads the log, its
    copies and its backups has them. Asked of what the rule really decides, so a rule above that takes these requests at
    Metadata settles it. configmaps are a warning. Certificate signing requests hold public keys only and are not meant.
    """
    for number, rule in subject.with_bodies():
        for kind in _KINDS:
            verbs = _leaks(subject, number, rule, kind)
            if verbs:
                yield report(
                    f"at level {rule.level.text} this rule writes {kind.what} into the log ({', '.join(verbs)})",
                    f"above this rule: {_drop(kind)}",
                    rule=number,
                    severity=kind.severity,
                )


def _leaks(subject: Subject, number: int, rule: PolicyRule, kind: _Kind) -> list[str]:
    """Return the verbs whose bodies are written."""
    resource, _, below = kind.path.partition("/")
    verbs = kind.answers if rule.level is Level.REQUEST_RESPONSE else kind.asks
    cut = narrow(rule, kind.group, resource, below, verbs) if verbs else None
    if cut is None:
        return []
    alone = (msgspec.structs.replace(cut, verbs=(verb,)) for verb in cut.verbs)
    return [one.verbs[0] for one in alone if reach(subject.policy, one, number).reachable]


def _drop(kind: _Kind) -> str:
    return f'- {{level: Metadata, resources: [{{group: "{kind.group}", resources: ["{kind.path}"]}}]}}'
