"""`lanner rules suggest`: exceptions for what benign automation does again and again, each with its backtest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, note
from lanner.cli.moments import read_moment
from lanner.cli.rules.backtest import Trial, without_losses
from lanner.cli.rules.baseline import Labels, Log, observe
from lanner.cli.rules.suggest_text import Suggestion, print_suggestion_json, report_lines
from lanner.errors import GroundError, UsageError
from lanner.rules.suggest.proposals import Left, Proposal, Wishes, propose
from lanner.rules.suggest.writing import write_exceptions


def suggest(  # noqa: PLR0917 - Typer reads options from parameters
    events: Annotated[
        list[Path],
        typer.Argument(metavar="EVENTS", help="Audit logs of benign work: plain, .gz or .zst files, or folders."),
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="A rules file or a folder of them, loaded in order. Default: lanner's own."),
    ] = None,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help="Learn from what is before; try on what comes after, too.")
    ] = "",
    first_half: Annotated[
        bool, typer.Option("--first-half", help="Learn from the first half of the events, try on the second, too.")
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="FILE", help="JSON lines with auditID and kind: no event of kind attack is lost."
        ),
    ] = None,
    tests: Annotated[
        list[Path] | None,
        typer.Option("--tests", help="Tests that must go on passing: files, or folders. Default: beside the rules."),
    ] = None,
    least: Annotated[int, typer.Option("--least", min=2, help="Alerts of one rule and user that make it noisy.")] = 3,
    everything: Annotated[
        bool, typer.Option("--all", help="Propose for rules of CRITICAL and worse, and by the user alone, too.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the exceptions into this file instead of stdout.")
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Suggest exceptions from a period of benign work, narrow ones, each with what it silences and what it opens.

    The baseline must be free of intruders: what came again and again counts as benign, unless it is labelled.
    The exceptions go to stdout, their backtest to stderr.
    """
    if until and first_half:
        raise UsageError("--until and --first-half both say where the baseline ends: give one")
    known = Labels(labels)
    paths = rules or [content.FOLDER]
    trial = Trial(paths, tests or [path for path in paths if path.is_dir()])
    log = Log(events)
    moment = read_moment(until, "--until")
    end = log.middle() if first_half else int(moment.timestamp() * 1e9) if moment else None
    baseline = observe(log, trial.plain.rules, end, known)
    priorities = {rule.name: rule.priority for rule in trial.plain.rules}
    wishes = Wishes(least=least, everything=everything, seconds=baseline.seconds)
    proposals, left = propose(baseline.sightings, priorities, wishes)
    proposals, breaking = trial.harmless(proposals)
    proposals, losing, before, after = without_losses(trial, proposals, log, end, known)
    left += _dropped(breaking, "a test of the rules would fail") + _dropped(
        losing, "it would silence a labelled attack"
    )
    found = Suggestion(
        proposals, left, baseline, known, before, after, trial.tests, len(trial.failing), len(trial.lost(proposals))
    )
    _print(found, output, format_)


def _dropped(proposals: list[Proposal], reason: str) -> list[Left]:
    return [Left(rule=each.rule, user=each.user, alerts=each.silenced, reason=reason) for each in proposals]


def _print(found: Suggestion, output: Path | None, format_: Format) -> None:
    text = write_exceptions(found.proposals)
    if output is not None and text:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise GroundError(f"{output}: {error.strerror}; name a folder that you may write to") from error
    if format_ is Format.json:
        print_suggestion_json(found)
        return
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    for line in report_lines(found):
        note(line)
