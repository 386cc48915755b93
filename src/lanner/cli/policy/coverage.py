"""`lanner policy coverage`: which rules a policy blinds, by which of its lines, and a request that shows it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, print_json
from lanner.cli.policy.loading import load_or_end
from lanner.cli.rules.loading import load
from lanner.policy.coverage import Blinding, Coverage, Need, Sight
from lanner.policy.coverage.model import VERDICTS

SHOWN = 4
"""Lines of the policy that are told before the rest is counted."""


def coverage(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules to hold against it: a file or folder. Default: lanner's own."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the rules that see all they need.")] = False,
    format_: FormatOption = Format.text,
) -> None:
    """Say which rules a policy blinds, which line of it does, and on which request; by reasoning, without a log.

    With --format json one object a rule, the worst first: rule, verdict (blind, partly, undecided, sighted), needs,
    blinded_by, counterexample, note. Exit code 1 when a rule is blind or partly, or the policy would be refused.
    """
    loaded = load_or_end(policy, format_)
    known = load(rules or [content.FOLDER])
    sights = Coverage(known.rules, known.correlations).of(loaded, examples=True)
    sights.sort(key=lambda sight: VERDICTS.index(sight.verdict))
    if format_ is Format.json:
        for sight in sights:
            print_json(_as_json(sight))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _as_text(sights, str(policy), everything=everything))
    if any(sight.verdict in ("blind", "partly") for sight in sights):
        raise typer.Exit(1)


def _as_text(sights: list[Sight], file: str, *, everything: bool) -> Iterator[str]:
    for sight in sights:
        if everything or sight.verdict != "sighted":
            yield f"{sight.verdict:<10}{sight.rule}"
            yield from (f"{'':10}{line}" for line in _details(sight, file))
    yield _summary(sights)


def _details(sight: Sight, file: str) -> Iterator[str]:
    by_reason: dict[str, list[Blinding]] = {}
    for found in sight.blinded_by:
        by_reason.setdefault(found.reason, []).append(found)
    for reason, lines in by_reason.items():
        yield f"{_places(lines, file)}: {reason}"
    if sight.counterexample:
        yield f"for example {sight.counterexample.words}"
    if sight.note and (sight.verdict in ("undecided", "sighted") or not sight.counterexample):
        yield sight.note


def _places(lines: list[Blinding], file: str) -> str:
    """Return `policy.yaml:12, 14 and 3 more`; what no rule matches has no line."""
    shown = ", ".join(str(found.line) for found in lines[:SHOWN] if found.number is not None)
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return f"{file}:{shown}{more}" if shown else file


def _summary(sights: list[Sight]) -> str:
    counts = Counter(sight.verdict for sight in sights)
    rest = [f", {counts[verdict]} {verdict}" for verdict in ("partly", "blind", "undecided") if counts[verdict]]
    return f"{counts['sighted']} of {len(sights)} rules sighted{''.join(rest)}"


def _as_json(sight: Sight) -> dict[str, Any]:
    return {
        "rule": sight.rule,
        "verdict": sight.verdict,
        "needs": [_need(need) for need in sight.needs],
        "blinded_by": msgspec.to_builtins(sight.blinded_by),
        "counterexample": msgspec.to_builtins(sight.counterexample),
        "note": sight.note,
    }


def _need(need: Need) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(need)
    return {key: value for key, value in found.items() if key != "rule"} | {"level": need.level.text}
