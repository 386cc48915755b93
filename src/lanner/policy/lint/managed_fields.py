"""Bookkeeping within bodies."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Level


@check("managed-fields-kept", "warning")
def managed_fields_kept(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Bodies with metadata.managedFields: who owns which field, often a third of an object, and of no use to detection.
    omitManagedFields leaves them out, for the policy or for a rule.
    """
    whole = subject.policy.omit_managed_fields
    kept = [
        number
        for number, rule in subject.with_bodies()
        if not (whole if rule.omit_managed_fields is None else rule.omit_managed_fields)
    ]
    if kept:
        yield report(
            f"bodies are logged with managedFields, which make them larger and tell nothing: {subject.labels(kept)}",
            "write omitManagedFields: true at the top of the policy"
            + ("" if not whole else ", and not false at the rule"),
            rule=kept[0] if len(kept) == 1 else None,
        )


@check("managed-fields-without-bodies", "info")
def managed_fields_without_bodies(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """The key omitManagedFields at a rule whose level logs no bodies: there is nothing to leave out."""
    for number, rule in subject.rules():
        if rule.omit_managed_fields is not None and rule.level < Level.REQUEST:
            yield report(
                f"omitManagedFields has no effect at level {rule.level.text}, which logs no bodies",
                "remove omitManagedFields from the rule",
                rule=number,
                place=subject.place(number, "omitManagedFields"),
            )
