"""Requests that leave no trace."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.evaluate import decide
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.reach import reach
from lanner.policy.lint.samples import IMPORTANT
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Level, PolicyRule

_POWERFUL = ("system:masters", "kubernetes-admin", "cluster-admin", "admin", "kubernetes-super-admin")
_EVERYBODY = ("system:authenticated", "system:serviceaccounts")


@check("no-catch-all", "warning")
def no_catch_all(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Requests that no rule matches are not logged. Without a last rule for everything, each new API, custom resource
    and subresource starts unseen; the important requests that fall through today are named.
    """
    count = len(subject.policy.rules)
    if not reach(subject.policy, PolicyRule(level=Level.METADATA), count).reachable:
        return
    lost = [sample.what for sample in IMPORTANT if decide(subject.policy, sample.request).rule is None]
    named = f", among them {_named(lost)}" if lost else ""
    yield report(
        f"requests that no rule matches are not logged{named}",
        "write a last rule: - level: Metadata",
        rule=count - 1 if count else None,
        severity="warning" if lost else "info",
    )


@check("blind-rule", "warning")
def blind_rule(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule at None that takes requests an investigation asks for first: exec, secrets, tokens, bindings, webhooks,
    failed logins. Judged by requests of an ordinary user.
    """
    for number, rule in subject.rules():
        if rule.level is Level.NONE:
            lost = [sample.what for sample in IMPORTANT if decide(subject.policy, sample.request).rule == number]
            if lost:
                yield report(
                    f"the rule drops {_named(lost)}",
                    "narrow it by users and verbs, or put rules at Metadata for these above it",
                    rule=number,
                )


@check("unlogged-user", "warning")
def unlogged_user(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule at None for everything that a user or group does. Who holds the credential is unseen, also where he acts
    as another (impersonation): kube-apiserver asks the policy about the user who logged in, not the one he acts as.
    """
    for number, rule in subject.rules():
        named = [*rule.users, *rule.user_groups]
        if rule.level is Level.NONE and named and _unlimited(rule):
            whole = [name for name in named if name in (*_POWERFUL, *_EVERYBODY)]
            yield report(
                f"nothing that {', '.join(whole or named)} does is logged"
                + (": these have every right" if set(whole) & set(_POWERFUL) else "")
                + "; what they do as another user (impersonation) neither",
                "narrow the rule by verbs and resources: drop the noise, not the user",
                rule=number,
            )


def _unlimited(rule: PolicyRule) -> bool:
    everything = not rule.resources or any(part.group == "*" and not part.resources for part in rule.resources)
    changes = not rule.verbs or bool({"create", "update", "patch", "delete"} & set(rule.verbs))
    return everything and changes and not (rule.namespaces or rule.non_resource_urls)


def _named(lost: list[str], most: int = 6) -> str:
    shown = ", ".join(lost[:most])
    return shown if len(lost) <= most else f"{shown} and {len(lost) - most} more of {len(IMPORTANT)} looked at"
