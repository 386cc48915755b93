"""How suggested exceptions and their backtest are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from lanner.cli.console import print_json
from lanner.cli.rules.backtest import Fired
from lanner.cli.rules.baseline import Baseline, Labels
from lanner.outputs.form import escape_controls
from lanner.rules.suggest.proposals import Left, Proposal
from lanner.rules.suggest.risk import risk
from lanner.rules.suggest.writing import write_exceptions

MOST_LEFT = 20


class Suggestion(NamedTuple):
    """What was found: proposals that passed, what is left alone, and the figures of the backtest."""

    proposals: list[Proposal]
    left: list[Left]
    baseline: Baseline
    labels: Labels
    before: Fired
    after: Fired
    tests: int
    failing: int
    lost: int


def print_suggestion_json(found: Suggestion) -> None:
    """Print one JSON object a line: the proposals, what is left alone, the backtest of all together."""
    for proposal in found.proposals:
        yaml = write_exceptions([proposal])
        print_json(
            {"proposal": msgspec.to_builtins(proposal) | {"name": proposal.name, "risk": risk(proposal), "yaml": yaml}}
        )
    for left in found.left:
        print_json({"left": msgspec.to_builtins(left)})
    print_json({"backtest": _backtest(found)})


def _backtest(found: Suggestion) -> dict[str, Any]:
    return {
        "events": {"baseline": found.baseline.events, "rest": found.baseline.events_rest},
        "before": _figures(found.before),
        "after": _figures(found.after),
        "attacks_lost": len(found.before.attacks.keys() - found.after.attacks.keys()),
        "tests": found.tests,
        "tests_failing_before": found.failing,
        "tests_lost": found.lost,
        "passed_over": found.baseline.sightings.passed_over,
    }


def _figures(fired: Fired) -> dict[str, int]:
    return {
        "alerts_baseline": fired.baseline,
        "alerts_rest": fired.rest,
        "unlabelled_baseline": fired.unlabelled,
        "unlabelled_rest": fired.unlabelled_rest,
        "attack_events": len(fired.attacks),
        "attack_steps": len(fired.steps - {""}),
    }


def report_lines(found: Suggestion) -> Iterator[str]:
    """Tell each proposal with its backtest, what is left alone and why, and what remains of the log's alerts."""
    for proposal in found.proposals:
        yield from map(escape_controls, _proposal_lines(proposal))
    for left in found.left[:MOST_LEFT]:
        yield escape_controls(
            f"left alone: {left.rule}, {left.alerts} alerts of {left.user or 'no user'}: {left.reason}"
        )
    if len(found.left) > MOST_LEFT:
        yield f"left alone: {len(found.left) - MOST_LEFT} more (--format json lists all)"
    if found.baseline.sightings.passed_over:
        yield f"not learnt from, as the memory was full: {found.baseline.sightings.passed_over} alerts"
    yield from _summary(found)


def _proposal_lines(proposal: Proposal) -> Iterator[str]:
    yield f"{proposal.rule} ({proposal.priority}): {proposal.user} [{proposal.name}]"
    yield (
        f"    silences {proposal.silenced} of {proposal.alerts} alerts in the baseline, "
        f"{proposal.silenced_rest} of {proposal.alerts_rest} after it"
    )
    if proposal.withheld:
        yield f"    left out of it, as they would silence a labelled attack: {proposal.withheld} combinations of values"
    yield f"    {risk(proposal)}"


def _summary(found: Suggestion) -> Iterator[str]:
    before, after = found.before, found.after
    yield f"{len(found.proposals)} exceptions, all together, with correlations and repetitions held back:"
    yield f"    baseline ({found.baseline.events:,} events): {before.baseline:,} alerts become {after.baseline:,}"
    if found.baseline.events_rest:
        yield f"    rest ({found.baseline.events_rest:,} events): {before.rest:,} alerts become {after.rest:,}"
    if found.labels.labelled:
        counts = (before.unlabelled, after.unlabelled, before.unlabelled_rest, after.unlabelled_rest)
        yield "    without a label: {:,} become {:,} in the baseline, {:,} become {:,} in the rest".format(*counts)
        yield f"    labelled attacks: {len(before.attacks):,} events were seen, {len(after.attacks):,} are"
        if steps := before.steps - {""}:
            yield f"    steps of attacks: {len(steps)} were seen, {len(after.steps - {''})} are"
    if not found.tests:
        yield "    no tests of the rules were found: --tests names them"
        return
    failing = f" ({found.failing} failed before)" if found.failing else ""
    yield f"    tests of the rules: {found.tests}, {found.lost} lost{failing}"
