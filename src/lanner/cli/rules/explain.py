"""`lanner rules explain`: which part of a rule's condition is true or false on an event, and what decided."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lanner import content
from lanner.audit.event import Event
from lanner.cli.console import Format, FormatOption, PipelineOption, note, print_json
from lanner.cli.rules import trace_text
from lanner.cli.rules.choosing import choose
from lanner.cli.rules.events import parse_selection, read_events
from lanner.cli.rules.loading import load
from lanner.detect.alert import PRIORITIES
from lanner.detect.engine import priority_rank
from lanner.errors import UsageError
from lanner.rules.explain import Explainer, Reason, Trace, blockers, reasons
from lanner.rules.falco.outlines import Outlines
from lanner.rules.loading import LoadedRules
from lanner.rules.ruleset import Rule


class _Subject:
    """A rule that is explained, and what keeps it from running at all."""

    def __init__(self, rule: Rule, outlines: Outlines, minimum: str) -> None:
        self.rule = rule
        self.explainer = Explainer(outlines.of(rule))
        self.notes = list(_obstacles(rule, minimum))


def _obstacles(rule: Rule, minimum: str) -> Iterator[str]:
    if not rule.enabled:
        yield "the rule is disabled (enabled: false), so it never fires"
    if priority_rank(rule.priority) > priority_rank(minimum):
        yield f"its priority {rule.priority} is below the minimum {minimum}, so it never fires"


def explain(  # noqa: PLR0917 - Typer reads options from parameters
    event: Annotated[
        str,
        typer.Option(
            "--event", metavar="EVENTS", help="A file of events (may be packed), FILE:N for its Nth event, or -."
        ),
    ],
    rule: Annotated[
        str | None,
        typer.Argument(metavar="RULE", help="A rule's name, or a part of it that only one has. Left out with --all."),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Rule files or folders; default: the built-in rules."),
    ] = None,
    audit_id: Annotated[
        str | None, typer.Option("--audit-id", metavar="ID", help="Only the events of this request, every stage.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every rule in one line, those nearest to firing first.")] = False,
    limit: Annotated[int, typer.Option(help="Explain at most so many events.", min=1)] = 20,
    priority: Annotated[str, typer.Option(help=f"The lowest priority that fires: {', '.join(PRIORITIES)}.")] = "debug",
    pipeline: PipelineOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """Show why a rule fires or does not fire on an event.

    The condition is shown as a tree: each part true or false, with the value found in the event and the line it is
    written in. What decided is marked with ▸; parts that are not needed, read from left to right, stand in parentheses.
    """
    paths = list(files or ())
    if all_ and rule is not None:
        paths.insert(0, Path(rule))
    if rule is None and not all_:
        raise UsageError("name a rule, or ask for all of them with --all")
    loaded = load(paths or [content.FOLDER], pipeline)
    subjects = _subjects(None if all_ else rule, loaded, priority)
    chosen = read_events(parse_selection(event, audit_id))
    for number, found in enumerate(itertools.islice(chosen, limit + 1)):
        if number == limit:
            note(f"only the first {limit} events are explained; --limit, --audit-id or FILE:N choose others")
            break
        (_show_all if all_ else _show_one)(subjects, found, format_)


def _subjects(word: str | None, loaded: LoadedRules, priority: str) -> list[_Subject]:
    linker = loaded.linker
    chosen = loaded.rules if word is None else [choose(word, loaded.rules, linker.collector.rules)]
    if not chosen:
        raise UsageError("there is no rule in these files that lanner runs")
    outlines = Outlines(linker)
    return [_Subject(rule, outlines, priority) for rule in chosen]


def _show_one(subjects: list[_Subject], event: Event, format_: Format) -> None:
    (subject,) = subjects
    trace = subject.explainer.explain(event)
    if format_ is Format.json:
        print_json(_as_json(subject, event, trace) | {"tree": _tree(trace)})
        return
    rule, console = subject.rule, Console(highlight=False, soft_wrap=True)
    console.print(f"{rule.name}   {rule.priority}   {rule.file}:{rule.line}", markup=False, style="bold")
    console.print(f"event {event.number}: {trace_text.event_text(event)}", markup=False)
    for line in _verdict(subject, trace):
        console.print(line, markup=False)
    console.print()
    for drawn in trace_text.tree_lines(trace, rule.file):
        console.print(drawn)
    _print_hints(console, [trace])


def _verdict(subject: _Subject, trace: Trace) -> Iterator[str]:
    fires = trace.truth and not subject.notes
    yield "FIRES" if fires else "matches, but does not fire" if trace.truth else "does not fire"
    yield from (f"  {text}" for text in subject.notes)
    yield from (f"  with the filter '{title}'" for title in subject.rule.filters)
    yield from (f"  {trace_text.sentence(blocker)}" for blocker in blockers(trace))


def _show_all(subjects: list[_Subject], event: Event, format_: Format) -> None:
    explained = [(subject, subject.explainer.explain(event)) for subject in subjects]
    if format_ is Format.json:
        for subject, trace in explained:
            print_json(_as_json(subject, event, trace))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"event {event.number}: {trace_text.event_text(event)}", markup=False, style="bold")
    for subject, trace in sorted(explained, key=lambda pair: 0 if pair[1].truth else pair[1].away):
        fires = trace.truth and not subject.notes
        state = "FIRES" if fires else "matches" if trace.truth else f"{trace.away} away"
        why = "; ".join(subject.notes) if trace.truth else trace_text.sentence(blockers(trace)[0])
        console.print(f"{state:>8}  ", end="", style="green" if fires else "")
        console.print(subject.rule.name + (f"   {why}" if why else ""), markup=False)
    _print_hints(console, [trace for _, trace in explained])


def _print_hints(console: Console, traces: Sequence[Trace]) -> None:
    counted = Counter[str]()
    for trace in traces:
        counted.update(trace_text.hints(trace))
    for hint, count in counted.items():
        console.print(f"note: {hint}" + (f" ({count} checks)" if count > 1 else ""), markup=False)
    console.print()


def _as_json(subject: _Subject, event: Event, trace: Trace) -> dict[str, Any]:
    rule, head = subject.rule, event.head
    return {
        "rule": rule.name,
        "file": rule.file,
        "line": rule.line,
        "event": {"number": event.number, "audit_id": head.audit_id, "stage": head.stage, "level": head.level},
        "fires": trace.truth and not subject.notes,
        "matches": trace.truth,
        "away": 0 if trace.truth else trace.away,
        "notes": subject.notes,
        "reasons": [_reason(reason) for reason in reasons(trace)],
        "blockers": [trace_text.sentence(blocker) for blocker in blockers(trace)],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return _tree(reason.part) | {"within": list(reason.within)}


def _tree(trace: Trace) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": trace.kind}
    shown |= {key: value for key in ("name", "text") if (value := getattr(trace, key))}
    shown |= {"truth": trace.truth, "reached": trace.reached, "decisive": trace.decisive, "away": trace.away}
    if trace.kind == "check":
        shown["value"] = trace.value
    shown |= {key: value for key in ("other", "remark", "hint") if (value := getattr(trace, key))}
    if trace.spot.line:
        shown |= {"file": trace.spot.file, "line": trace.spot.line, "column": trace.spot.column}
    if trace.parts:
        shown["parts"] = [_tree(part) for part in trace.parts]
    return shown
