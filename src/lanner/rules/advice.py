"""Says why a rule is expensive and what would make it cheaper, from its profile and its condition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lanner.rules import ir
from lanner.rules.bodies import PARTS, fields_in, parts_read
from lanner.rules.check import literals
from lanner.rules.index import DIMENSIONS, checks_in, dimension_of
from lanner.rules.outline import literal_text, operand_text
from lanner.rules.profile import BodyUse, Profile, RuleCost

NOTABLE_SHARE = 0.05
NOTABLE_OF_ALL = 0.02
"""What a rule must take of matching, and of all the time, to be worth a word."""
BROAD = 0.2
"""A rule that is tried on more of the events than this is broad."""
FIELDS_SHOWN = 2

_PLAIN = re.compile(r"[\w /:@%,\"'=<>!&~#;-]*")
_WORDS = re.compile(r"\(?([\w./:@-]+(?:\|[\w./:@-]+)+)\)?")


def advice(profile: Profile, cost: RuleCost) -> list[str]:
    """Return what to tell about a rule; nothing where little is to be gained."""
    dear = profile.share(cost) >= NOTABLE_SHARE and cost.match_ns >= NOTABLE_OF_ALL * profile.total_ns
    told = list(_matching(profile, cost)) if dear else []
    if cost.output_ns > max(cost.match_ns, NOTABLE_OF_ALL * profile.total_ns):
        told.append(
            f"writing its {cost.matched:,} alerts takes {cost.output_ns / 1e6:.1f} ms, more than finding them: "
            "narrow it or give it exceptions if it need not fire so often"
        )
    return told


def _matching(profile: Profile, cost: RuleCost) -> Iterator[str]:
    if cost.candidates > BROAD * profile.events:
        yield _broad(profile, cost)
    for part, name in PARTS.items():
        use = cost.bodies.get(name)
        if use is not None and use.ns > cost.match_ns / 4:
            yield _body(cost.rule.condition, part, name, use)
    yield from _patterns(cost.rule.condition)


def _broad(profile: Profile, cost: RuleCost) -> str:
    missing = [name for name in DIMENSIONS[:3] if name not in required_dimensions(cost.rule.condition)]
    share = f"it is tried on {cost.candidates / profile.events:.0%} of the events"
    if not missing:
        return f"{share}: its tests of stage, verb and resource let most events through; name fewer values"
    return (
        f"{share}: nothing in it asks for {_enumerated(missing)}; "
        f"add such tests, joined by 'and', that every event it is meant for passes"
    )


def _enumerated(names: list[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def required_dimensions(condition: ir.Condition) -> frozenset[str]:
    """Return the dimensions of the index that every way to make the condition true says something about."""
    match condition:
        case ir.Compare() | ir.Exists():
            name = dimension_of(condition)
            return frozenset() if name is None or _excludes(condition) else frozenset({name})
        case ir.And(items):
            return frozenset().union(*map(required_dimensions, items))
        case ir.Or(items):
            first, *others = map(required_dimensions, items)
            return first.intersection(*others)
    return frozenset()


def _excludes(check: ir.Compare | ir.Exists) -> bool:
    """Say whether a check lets nearly every value pass, so that it narrows nothing."""
    return isinstance(check, ir.Exists) or check.operator == "!="


def _body(condition: ir.Condition, part: str, name: str, use: BodyUse) -> str:
    fields = sorted({operand_text(field) for field in _fields(condition) if part in parts_read(field)})
    shown = ", ".join(fields[:FIELDS_SHOWN]) + (", ..." if len(fields) > FIELDS_SHOWN else "")
    return (
        f"{name} is decoded for {shown} in {use.events:,} events, {use.ns / use.events / 1000:.1f} us each: a further "
        "test on verb, resource, namespace, user or response code that fails spares it, wherever it stands"
    )


def _fields(condition: ir.Condition) -> Iterator[ir.Field]:
    for check in checks_in(condition):
        if isinstance(check, ir.Exists):
            yield from fields_in(check.operand)
        else:
            yield from fields_in(check.left)
            yield from fields_in(check.right)


def _patterns(condition: ir.Condition) -> Iterator[str]:
    for check in dict.fromkeys(checks_in(condition)):
        if not isinstance(check, ir.Compare) or check.operator not in ("regex", "glob", "iglob"):
            continue
        field, pattern = operand_text(check.left), literals(check.right)[0]
        plain = plainer(check.operator, pattern)
        if plain is not None:
            but = " but for line breaks" if check.operator == "regex" else ""
            yield f"{field} {check.operator} {literal_text(pattern)} is {field} {plain}{but}, which is faster"
        elif check.operator == "regex":
            yield f"regex on {field}: plain tests joined to it by 'and' run before it, each that fails spares it"


def plainer(operator: str, pattern: str) -> str | None:
    """Return a plain comparison that holds for the same values as a pattern, or None."""
    if operator == "iglob":
        return None
    wild = ".*" if operator == "regex" else "*"
    words = _WORDS.fullmatch(pattern) if operator == "regex" else None
    if words is not None and "." not in words[1]:
        return f"in ({', '.join(words[1].split('|'))})"
    front, back = pattern.startswith(wild), pattern.endswith(wild)
    core = pattern.removeprefix(wild).removesuffix(wild)
    if not core or not _PLAIN.fullmatch(core):
        return None
    name = {(True, True): "contains", (True, False): "endswith", (False, True): "startswith", (False, False): "="}
    return f"{name[front, back]} {literal_text(core)}"
