"""Stages: which events of a request are written."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.reach import decided
from lanner.policy.lint.subject import Subject
from lanner.policy.model import STAGES, Level, PolicyRule


def _omitted(subject: Subject, rule: PolicyRule) -> set[str]:
    return {*subject.policy.omit_stages, *rule.omit_stages}


def _logging(subject: Subject) -> Iterator[tuple[int, PolicyRule]]:
    """Yield the rules that log and decide something."""
    for number, rule in subject.rules():
        if rule.level > Level.NONE and decided(subject.policy, number).reachable:
            yield number, rule


@check("request-received-kept", "warning")
def request_received_kept(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Without omitStages RequestReceived each request is logged twice: on arrival and when it is answered. The first
    event has no body, no answer and no outcome, and tells nothing that the second does not; about half of all events.
    """
    kept = [number for number, rule in _logging(subject) if not _omitted(subject, rule) & {"RequestReceived"}]
    if not kept:
        return
    where = "every request that is logged" if len(kept) == len(list(_logging(subject))) else subject.labels(kept)
    yield report(
        f"RequestReceived is kept for {where}: a second event for each request, without body and outcome",
        'write omitStages: ["RequestReceived"] at the top of the policy',
        rule=kept[0] if len(kept) == 1 else None,
    )


@check("outcome-omitted", "error")
def outcome_omitted(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule that omits ResponseComplete, the stage that holds the outcome, the bodies and what admission said; or all
    stages, so that it logs nothing at all whatever its level.
    """
    for number, rule in _logging(subject):
        omitted = _omitted(subject, rule)
        if omitted >= set(STAGES) - {"Panic"}:
            message = f"all stages of a request are omitted: level {rule.level.text} logs nothing" + (
                "" if "Panic" in omitted else " but panics"
            )
        elif "ResponseComplete" in omitted:
            message = (
                "ResponseComplete is omitted: response code, bodies and annotations of short requests are not logged"
            )
        else:
            continue
        yield report(
            message,
            'omit only RequestReceived, or write level: "None" to log nothing',
            rule=number,
            place=subject.place(number, "omitStages") if rule.omit_stages else subject.place(None, "omitStages"),
        )


@check("panic-omitted", "info")
def panic_omitted(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Panic omitted: events of this stage are as good as never written, and where one is, somebody has found a way to
    make kube-apiserver fail.
    """
    if "Panic" in subject.policy.omit_stages and not set(STAGES) <= set(subject.policy.omit_stages):
        yield report(
            "Panic is omitted: a request that makes kube-apiserver fail leaves no event",
            "leave Panic out of omitStages: it costs nothing",
            place=subject.place(None, "omitStages"),
        )
