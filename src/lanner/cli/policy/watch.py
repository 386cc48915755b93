"""`lanner policy watch`: does a log follow the policy that it should have been written under."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.audit.decode import decode
from lanner.cli.console import Format, FormatOption, print_json, progress
from lanner.cli.policy.loading import load_or_end
from lanner.cli.policy.reading import read_log, total_bytes
from lanner.policy.model import Policy
from lanner.policy.watch import Watch
from lanner.policy.watch_ledger import Entry, Ledger
from lanner.policy.watch_model import sentence
from lanner.policy.watch_settings import PolicySettings

_DEFAULTS = PolicySettings()


def watch(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    events: Annotated[
        list[Path],
        typer.Argument(
            metavar="EVENTS", help="Audit logs: plain, .gz or .zst files, folders of them, or - for standard input."
        ),
    ],
    learn: Annotated[
        float, typer.Option("--learn", min=0, help="Seconds for which a resource was there before silence counts.")
    ] = _DEFAULTS.learn,
    quiet: Annotated[
        float, typer.Option("--quiet", min=0, help="Seconds for which it must be silent at least.")
    ] = _DEFAULTS.quiet,
    format_: FormatOption = Format.text,
) -> None:
    """Compare a log with the policy that kube-apiserver should have written it under, and tell each deviation once.

    Events at another level than their rule says, stages and managed fields that it omits, events of a rule at None,
    stages that stay away, and resources that have gone silent. Exit code 1 when the log deviates, or when
    kube-apiserver would refuse the policy; 3 when a log could not be read to its end. `lanner run` does the same with
    the live stream: see `policy` in lanner.yaml.
    """
    loaded = load_or_end(policy, format_)
    comparison = _Comparison(loaded, PolicySettings(learn=learn, quiet=quiet))
    ended = comparison.read(events)
    if format_ is Format.json:
        print_json(comparison.as_json())
    else:
        sys.stdout.writelines(f"{line}\n" for line in comparison.as_text())
    if ended or comparison.ledger.entries():
        raise typer.Exit(ended or 1)


class _Comparison:
    """A log against a policy."""

    def __init__(self, policy: Policy, settings: PolicySettings) -> None:
        self.policy = policy
        self.watch = Watch(policy, settings)
        self.ledger = Ledger(rearm=0)
        self.events = 0

    def read(self, paths: list[Path]) -> int:
        """Read all; returns an exit code: 0, or that of a damaged log."""
        with progress("compare", total_bytes(paths)) as advance:
            return max(read_log(path, self._add, advance) for path in paths)

    def _add(self, line: bytes) -> None:
        for event in decode(line).events:
            self.events += 1
            for _ in self.ledger.add(self.watch.look(event)):
                pass

    def as_json(self) -> dict[str, Any]:
        """Return all that was found."""
        return {
            "policy": self.policy.file,
            "events": self.events,
            "compared": self.watch.compared,
            "deviations": [self._row(entry) for entry in self.ledger.entries()],
        }

    def _row(self, entry: Entry) -> dict[str, Any]:
        found = entry.first
        witness = found.witness
        return {
            "kind": found.kind.value,
            "priority": found.priority,
            "rule": found.rule,
            "line": None if found.rule is None else self.policy.rules[found.rule].place.line,
            "expected": found.expected,
            "seen": found.seen,
            "events": entry.count,
            "message": sentence(found, self.policy),
            "first": {
                "time": witness.time,
                "audit_id": witness.audit_id,
                "stage": witness.stage,
                "request": witness.text,
            },
            "last": entry.last,
        }

    def as_text(self) -> Iterator[str]:
        """Yield the lines that people read."""
        entries = self.ledger.entries()
        verdict = _many(len(entries), "deviation") if entries else "no deviation"
        yield f"{_many(self.watch.compared, 'event')} compared with {self.policy.file}: {verdict}"
        others = self.events - self.watch.compared
        if others:
            yield f"{_many(others, 'event')} without a level that is known, not compared"
        for entry in entries:
            found = entry.first
            yield f"{found.priority}: {sentence(found, self.policy)} [{found.kind.value}]"
            since = f"{found.witness.time} to {entry.last}" if entry.count > 1 else found.witness.time
            yield f"    {_many(entry.count, 'event')}, {since}"
            yield f"    first: {found.witness.text}, auditID {found.witness.audit_id}, {found.witness.stage}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
