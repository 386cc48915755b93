"""`lanner policy suggest`: the cheapest policy that leaves every rule its sight, or single lines that save."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from lanner import content
from lanner.audit.decode import decode
from lanner.audit.event import SOURCE, Event
from lanner.cli.console import Format, FormatOption, note, print_json, progress
from lanner.cli.policy.loading import loaded_or_end
from lanner.cli.policy.suggest_text import as_json, change_lines, changes_as_json, report_lines
from lanner.cli.rules.loading import load
from lanner.errors import GroundError, UsageError
from lanner.policy.coverage.coverage import Coverage
from lanner.policy.model import Policy
from lanner.policy.suggest.changes import changes, names_of
from lanner.policy.suggest.model import EVERYTHING, Keep, Oracle, Suggestion
from lanner.policy.suggest.replaying import Outcome, Replaying
from lanner.policy.suggest.synthesis import names_in, needs_in, suggest
from lanner.policy.suggest.traffic import Traffic
from lanner.policy.suggest.writing import write_policy
from lanner.rules.ruleset import Rule
from lanner.sources.history import read_lines, stored_bytes


def suggest_(  # noqa: PLR0917 - Typer reads options from parameters
    events: Annotated[
        list[Path],
        typer.Argument(
            metavar="EVENTS", help="Audit logs, as full as there are: plain, .gz or .zst files, or folders."
        ),
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules that must keep their sight: a file or folder. Default: lanner's own."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="A policy that is there: show what single lines of it would save.")
    ] = None,
    keep: Annotated[
        str,
        typer.Option(help="What no rule asks for: metadata (who did what, but for noise) or nothing (the minimum)."),
    ] = "metadata",
    no_bodies_of: Annotated[
        list[str] | None,
        typer.Option("--no-bodies-of", help="Never log bodies of this resource, whatever a rule wants: configmaps."),
    ] = None,
    partly: Annotated[
        list[str] | None,
        typer.Option("--partly", help="A rule, by name, that may miss some requests where that saves a line."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the policy into this file instead of stdout.")
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Suggest the cheapest audit policy under which no rule loses sight, with proof by coverage and by replay.

    Secrets and tokens are never logged in clear. The policy goes to stdout, its proof to stderr. Exit code 1 says that
    a rule loses sight; with --policy that kube-apiserver would refuse that policy.
    """
    kept = _keep(keep)
    loaded = load(rules or [content.FOLDER])
    _known(partly or [], {rule.name for rule in loaded.rules} | {one.name for one in loaded.correlations})
    log = _Log(events)
    oracle = Coverage(loaded.rules, loaded.correlations).of
    if policy is not None:
        _show_changes(policy, log, oracle, frozenset(partly or []), format_)
        return
    full = oracle(EVERYTHING)
    traffic = Traffic(names_in(needs_in(full)))
    log.read(traffic.add, "reading")
    log.tell()
    options: dict[str, Any] = {"no_bodies_of": no_bodies_of or [], "partly": partly or [], "full": full}
    found = suggest(oracle, traffic, keep=kept, **options)
    found.minimum = (
        found.price.kept if kept == "nothing" else suggest(oracle, traffic, keep="nothing", **options).price.kept
    )
    outcome = _replayed(found.policy, loaded.rules, log, partly or [])
    _print(found, outcome, output, format_)
    if not found.proved or not outcome.same:
        raise typer.Exit(1)


def _keep(text: str) -> Keep:
    if text not in ("metadata", "nothing"):
        raise UsageError(f"--keep {text}: write metadata or nothing")
    return cast("Keep", text)


def _known(names: list[str], known: set[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"--partly {unknown[0]!r}: no rule that is loaded has this name")


class _Log:
    """A log that is read twice: once for its traffic, once to try the rules."""

    def __init__(self, paths: list[Path]) -> None:
        if Path("-") in paths:
            raise UsageError("the log is read twice, so it cannot come from standard input; name a file")
        self._paths = paths
        self.refused: Counter[str] = Counter()

    def read(self, add: Callable[[Event], None], label: str) -> None:
        """Give each event to `add`; raises SourceError where a log cannot be read to its end."""
        self.refused.clear()
        sizes = [stored_bytes(path) or 0 for path in self._paths]
        with progress(label, sum(sizes)) as advance:
            for path in self._paths:
                for event in self._events(path, advance):
                    add(event)

    def _events(self, path: Path, advance: Callable[[int], None]) -> Iterator[Event]:
        for line in read_lines(path, progress=advance):
            decoded = decode(line.data)
            self.refused.update(refusal.reason.partition(" (")[0] for refusal in decoded.refusals)
            yield from decoded.events

    def tell(self) -> None:
        """Say what was no event."""
        for reason, times in self.refused.most_common(5):
            note(f"no audit events: {times} ({reason})")


def _replayed(policy: Policy, rules: list[Rule], log: _Log, partly: list[str]) -> Outcome:
    replaying = Replaying(policy, [rule for rule in rules if rule.enabled and rule.source == SOURCE], partly)
    log.read(replaying.add, "replaying")
    return replaying.finish()


def _print(found: Suggestion, outcome: Outcome, output: Path | None, format_: Format) -> None:
    text = write_policy(found)
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise GroundError(f"{output}: {error.strerror}; name a folder that you may write to") from error
    if format_ is Format.json:
        print_json(as_json(found, outcome, text))
        return
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    for line in report_lines(found, outcome):
        note(line)


def _show_changes(path: Path, log: _Log, oracle: Oracle, partly: frozenset[str], format_: Format) -> None:
    loaded = loaded_or_end(path, format_)
    assert loaded.policy is not None
    traffic = Traffic(names_of(loaded.policy))
    log.read(traffic.add, "reading")
    log.tell()
    told = changes(loaded, oracle, traffic, partly=partly)
    if format_ is Format.json:
        print_json(changes_as_json(told, traffic))
        return
    sys.stdout.writelines(f"{line}\n" for line in change_lines(told, str(path)))
