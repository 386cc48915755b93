"""Stages: which events of a request are written."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.reach import decided
from lanner.policy.lint.subject import Subject
from lanner.policy.model import STAGES, Level

_OUTCOME_FIX = 'omit only RequestReceived, or write level: "None" to log nothing'


@check("request-received-kept", "warning")
def request_received_kept(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Without omitStages RequestReceived each request is logged twice: on arrival and when it is answered. The first
    event has no body, no answer and no outcome, and tells nothing that the second does not; about half of all events.
    """
    logging = [number for number, _ in subject.logging() if decided(subject.policy, number).reachable]
    kept = [number for number in logging if "RequestReceived" not in subject.omitted(subject.policy.rules[number])]
    if not kept:
        return
    where = "every request that is logged" if kept == logging else subject.labels(kept)
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
    whole = set(subject.policy.omit_stages)
    if "ResponseComplete" in whole:
        yield report(_loss(whole, "every rule"), _OUTCOME_FIX, place=subject.place(None, "omitStages"))
    for number, rule in subject.rules():
        loss = _loss(subject.omitted(rule), f"level {rule.level.text}")
        if rule.level > Level.NONE and loss and loss != _loss(whole, f"level {rule.level.text}"):
            yield report(loss, _OUTCOME_FIX, rule=number, place=subject.place(number, "omitStages"))


def _loss(omitted: set[str], what: str) -> str:
    """Return what is lost by the stages omitted, "" where the outcome is kept."""
    if omitted >= set(STAGES) - {"Panic"}:
        return f"all stages of a request are omitted: {what} logs nothing" + (
            "" if "Panic" in omitted else " but panics"
        )
    if "ResponseComplete" in omitted:
        return "ResponseComplete is omitted: response code, bodies and annotations of most requests are not logged"
    return ""


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
