"""What stands in a request's URL."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.narrow import narrow
from lanner.policy.lint.reach import reach
from lanner.policy.lint.subject import Subject


@check("exec-arguments", "info")
def exec_arguments(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """The command of `kubectl exec` stands in requestURI, which every level from Metadata on holds: a password on such
    a command line is in the log. No policy can have the event without it; the log has to be guarded as a secret.
    """
    for number, rule in subject.logging():
        cuts = (narrow(rule, "", "pods", below, ("get", "create")) for below in ("exec", "attach"))
        if any(cut and reach(subject.policy, cut, number).reachable for cut in cuts):
            yield report(
                "exec requests are logged with their command line in requestURI, passwords in it included",
                "keep the rule (exec must be seen) and guard or redact the log",
                rule=number,
            )
            return
