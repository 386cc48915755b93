"""Shows an explanation on a terminal: the tree of a condition with truths and values, and sentences about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.text import Text

from lanner.audit.event import Event
from lanner.outputs.form import escape_controls
from lanner.rules.evaluate import Value
from lanner.rules.explain import Reason, Trace, reasons
from lanner.rules.outline import Spot

VALUE_SHOWN = 120
ITEMS_SHOWN = 4
REASONS_SHOWN = 3


def tree_lines(trace: Trace, file: str) -> Iterator[Text]:
    """Give a line for each part, macros and exceptions in front of what they stand for.

    Places in `file` are shown by their line alone.
    """
    yield from _lines(trace, file, "", "")


def _lines(trace: Trace, file: str, here: str, below: str) -> Iterator[Text]:
    names, part = _unwrapped(trace)
    yield _line(part, names, file, here)
    for number, inner in enumerate(part.parts, 1):
        last = number == len(part.parts)
        yield from _lines(inner, file, f"{below}{'└─ ' if last else '├─ '}", f"{below}{'   ' if last else '│  '}")


def _unwrapped(trace: Trace) -> tuple[str, Trace]:
    """Return the names that a part goes by, each with a colon, and the part itself."""
    names = ""
    while trace.kind in ("macro", "exception"):
        names += f"exception {trace.name}: " if trace.kind == "exception" else f"{trace.name}: "
        trace = trace.parts[0]
    return names, trace


def _line(part: Trace, names: str, file: str, guide: str) -> Text:
    line = Text()
    truth = ("true" if part.truth else "false") if part.reached else f"({'true' if part.truth else 'false'})"
    line.append("▸" if part.decisive else " ", "bold")
    line.append(f"{truth:>7}  ", ("green" if part.truth else "red") if part.reached else "dim")
    line.append(guide, "dim")
    style = "dim" if not part.reached else "bold" if part.decisive else ""
    line.append(escape_controls(names), f"{style} italic".strip())
    line.append(escape_controls(part.text or part.kind), style)
    if part.kind == "check":
        line.append(f"   {_found(part)}", "" if part.reached else "dim")
        line.append(f"   {place(part.spot, file)}", "dim")
    return line


def _found(trace: Trace) -> str:
    other = f", right side {value_text(trace.other)}" if trace.other is not None else ""
    remark = f", {escape_controls(trace.remark)}" if trace.remark else ""
    note = ", see note" if trace.hint else ""
    return f"found {value_text(trace.value)}{other}{remark}{note}"


def value_text(value: Value) -> str:
    """Return a value for people: <NA> where absent, lists in parentheses, long ones cut."""
    if value is None:
        return "<NA>"
    if isinstance(value, list):
        more = [f"… {len(value)} values"] if len(value) > ITEMS_SHOWN else []
        return f"({', '.join([*map(_quoted, value[:ITEMS_SHOWN]), *more])})"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    cut = text[:VALUE_SHOWN]
    shown = msgspec.json.encode(cut.encode("utf-8", "replace").decode()).decode()
    more = "" if len(text) <= VALUE_SHOWN else f"… {len(text):,} characters"
    return escape_controls(shown) + more


def place(spot: Spot, file: str) -> str:
    """Return a place as file:line, the file's name left out where it is the one given; empty where unknown."""
    if not spot.line:
        return ""
    return f"{'' if spot.file == file else Path(spot.file).name}:{spot.line}"


def sentence(reason: Reason) -> str:
    """Say in one line why a part came out as it did."""
    part, within = reason
    name = _denied(part)
    found = reasons(part)
    shown = [_clause(one.part) for one in found[:REASONS_SHOWN]]
    more = f"; and {len(found) - REASONS_SHOWN} more" if len(found) > REASONS_SHOWN else ""
    where = "".join(f"{step}: " for step in (*within, name) if step)
    return escape_controls(where) + "; ".join(shown) + more


def _denied(part: Trace) -> str:
    """Return "not NAME" for a part that denies a macro or an exception."""
    if part.kind != "not":
        return ""
    names, _ = _unwrapped(part.parts[0])
    return f"not {names.removesuffix(': ')}" if names else ""


def _clause(check: Trace) -> str:
    return f"{escape_controls(check.text)} is {str(check.truth).lower()}, {_found(check)}"


def hints(trace: Trace) -> dict[str, int]:
    """Return why values are absent, each reason once with the number of checks it is the reason for."""
    counted: dict[str, int] = {}
    stack = [trace]
    while stack:
        part = stack.pop()
        stack.extend(reversed(part.parts))
        if part.hint:
            counted[part.hint] = counted.get(part.hint, 0) + 1
    return counted


def event_text(event: Event) -> str:
    """Return one line that says what an event is about."""
    head, target = event.head, event.head.object_ref
    parts = [head.verb, head.request_uri] if target is None else [head.verb, _target(event)]
    user = head.user.username if head.user else None
    code = head.response_status.code if head.response_status else None
    parts += [f"by {user}" if user else None, f"-> {code}" if code is not None else None]
    parts += [f"{head.stage}, level {head.level or 'unknown'}", head.audit_id]
    return escape_controls("  ".join(part for part in parts if part))


def _target(event: Event) -> str:
    target = event.head.object_ref
    assert target is not None
    resource = "/".join(part for part in (target.resource, target.subresource) if part)
    name = "/".join(part for part in (target.namespace, target.name) if part)
    return f"{resource} {name}".strip()
