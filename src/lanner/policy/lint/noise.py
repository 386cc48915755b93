"""What the cluster says to itself."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.evaluate import decide
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.samples import NOISE, Sample
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Level


@check("noise-kept", "info")
def noise_kept(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Requests that the cluster makes by itself without end: health checks, leases, events, status of nodes, pods,
    endpoint slices, controllers' watches. Judged by requests of the usual users; the fix drops them for these users,
    because an attacker hides in noise that is dropped for everybody. A warning where bodies are kept, too.
    """
    kept: dict[int, list[Sample]] = {}
    logging = {number for number, _ in subject.logging()}
    for sample in NOISE:
        number = decide(subject.policy, sample.request).rule
        if number is not None and number in logging:
            kept.setdefault(number, []).append(sample)
    for number, samples in kept.items():
        level = subject.policy.rules[number].level
        yield report(
            f"the rule keeps noise at level {level.text}: {', '.join(dict.fromkeys(one.what for one in samples))}",
            "above it, where no rule needs these, as `lanner policy coverage` says: "
            + "".join(dict.fromkeys(f"\n- {one.drop}" for one in samples)),
            rule=number,
            severity="warning" if level >= Level.REQUEST and not all(_is_bare(one) for one in samples) else "info",
        )


def _is_bare(sample: Sample) -> bool:
    """Say whether a request has no body at any level."""
    return sample.request.verb == "watch" or not sample.request.resource_request
