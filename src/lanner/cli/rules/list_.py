"""`lanner rules list`: which rules there are, and with --profile what each of them costs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lanner import content
from lanner.audit.event import SOURCE
from lanner.cli.console import Format, FormatOption, PipelineOption, print_json
from lanner.cli.rules.loading import load
from lanner.rules.correlation.model import Correlation
from lanner.rules.guidance import Guidance, load_guidance
from lanner.rules.ruleset import Rule


def list_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Rule files or folders; default: the built-in rules."),
    ] = None,
    profile: Annotated[
        list[Path] | None,
        typer.Option(
            "--profile",
            metavar="EVENTS",
            help="Audit log (plain, .gz, .zst, a folder or -) to measure the enabled rules on. Repeatable.",
        ),
    ] = None,
    pipeline: PipelineOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """List the rules that load, with priority, tags and where each is defined; in JSON also what to do when one fires.

    With --profile: what each rule costs on these events, the most expensive first, and what would make it cheaper.
    `candidates` are the events that stage, verb, resource and subresource do not rule out at once; `time` is what its
    checks take on them and its part of decoding bodies, shared evenly by the rules that read them.
    """
    paths = files or [content.FOLDER]
    loaded = load(paths, pipeline)
    if profile:
        from lanner.cli.rules.profiling import profile_rules  # noqa: PLC0415 - only this option needs it

        profile_rules(loaded.rules, profile, format_)
        return
    every: list[Rule | Correlation] = [*loaded.rules, *loaded.correlations]
    guidance = load_guidance(paths)
    for rule in every:
        if format_ is Format.json:
            print_json(_row(rule) | _known(guidance.get(rule.name)))
        else:
            off = "" if rule.enabled else "  (disabled)"
            sys.stdout.write(f"{rule.priority:<13}  {rule.name}  [{', '.join(rule.tags)}]{off}\n")
            sys.stdout.write(f"{'':<13}  {_what(rule)}  {rule.file}:{rule.line}\n")
            for title in _filters(rule):
                sys.stdout.write(f"{'':<13}  filter: {title}\n")


def _what(rule: Rule | Correlation) -> str:
    return rule.source if isinstance(rule, Rule) else f"correlation: {rule.kind}"


def _more(rule: Rule | Correlation) -> dict[str, Any]:
    if isinstance(rule, Correlation):
        return {"correlation": rule.kind}
    return {"filters": list(rule.filters)} if rule.filters else {}


def _filters(rule: Rule | Correlation) -> tuple[str, ...]:
    return rule.filters if isinstance(rule, Rule) else ()


def _known(guidance: Guidance | None) -> dict[str, Any]:
    return {} if guidance is None else msgspec.to_builtins(guidance)


def _row(rule: Rule | Correlation) -> dict[str, Any]:
    return {
        "name": rule.name,
        "priority": rule.priority,
        "tags": list(rule.tags),
        "enabled": rule.enabled,
        "source": rule.source if isinstance(rule, Rule) else SOURCE,
        "file": rule.file,
        "line": rule.line,
        "description": rule.description.strip(),
    } | _more(rule)
