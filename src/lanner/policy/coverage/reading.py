"""A rule's condition as a formula: what it says of an event of one stage, logged in full or as a policy has it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.audit.pointer import parse_pointer
from lanner.policy.coverage import names as part
from lanner.policy.coverage.classes import Named, TextClass, fields_of, is_text, named_in, text_classes, tried
from lanner.policy.coverage.formula import Formula, Model, both, either, negated, reduced
from lanner.policy.coverage.names import part_of
from lanner.policy.coverage.sources import (
    LATE,
    LEVEL,
    MANAGED,
    POINTERS,
    REQUEST,
    RESPONSE,
    WHOLE,
    sources_in,
)
from lanner.policy.coverage.space import Space, check_of, free
from lanner.policy.model import Level
from lanner.rules import ir
from lanner.rules.access import TIMES
from lanner.rules.ir import Check, checks_in

RECEIVED, STARTED, COMPLETE, PANIC = "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"


class View(NamedTuple):
    """What of an event is logged."""

    level: Level = Level.REQUEST_RESPONSE
    managed_fields: bool = True


FULL = View()


class Reading:
    """A condition in the terms of a space; formulas are kept, for they are asked for again and again."""

    def __init__(self, condition: ir.Condition, space: Space) -> None:
        self.condition = condition
        self._space = space
        self.checks = tuple(dict.fromkeys(checks_in(condition)))
        self._own = _named_by_field(self.checks)
        self._basis: dict[tuple[Check, str], Formula] = {}
        self._formulas: dict[tuple[View, str], Formula] = {}
        self.sources = frozenset[str]().union(*map(_sources, self.checks))

    def formula(self, stage: str, view: View = FULL) -> Formula:
        """Return when the condition holds at a stage of a request."""
        key = (self.relevant(view), stage)
        found = self._formulas.get(key)
        if found is None:
            found = self._formulas[key] = self._of(self.condition, stage, key[0])
        return found

    def relevant(self, view: View) -> View:
        """Return the fullest view under which the condition sees the same."""
        level, managed = view
        if not self.sources & {LEVEL, WHOLE}:
            level = Level.REQUEST_RESPONSE if level is Level.REQUEST and RESPONSE not in self.sources else level
            level = Level.REQUEST_RESPONSE if not self.sources & {REQUEST, RESPONSE} else level
        return View(level, managed or not self.sources & {MANAGED, WHOLE})

    def _of(self, condition: ir.Condition, stage: str, view: View) -> Formula:
        match condition:
            case ir.And(items):
                return both(*(self._of(item, stage, view) for item in items))
            case ir.Or(items):
                return either(*(self._of(item, stage, view) for item in items))
            case ir.Not(item):
                return negated(self._of(item, stage, view))
            case ir.Compare() | ir.Exists():
                return self._check(condition, stage, view)
        raise ValueError(f"macro {condition.name} was not resolved")

    def _check(self, check: Check, stage: str, view: View) -> Formula:
        """A check on what is not there is false (Falco), so each is true only where what it reads can be."""
        about = part_of(check)
        sources = _sources(check)
        if about == part.STAGE:
            return tried(check, stage)
        if _absent(sources, stage, view):
            return False
        if WHOLE in sources or (MANAGED in sources and not view.managed_fields):
            return _is_there(check) or free(f"{stage} {view}: {check!r}", (check, stage, view))
        if LEVEL in sources:
            return _at_level(check, view.level)
        return self._logged(check, about, sources, stage)

    def _logged(self, check: Check, about: str | None, sources: frozenset[str], stage: str) -> Formula:
        occasion = stage if _varies(check, sources, stage) else ""
        found = self._basis.get((check, occasion))
        if found is None:
            found = self._basis[check, occasion] = self._based(check, about, occasion)
        if about == part.NAME and stage == RECEIVED:
            return both(found, negated(self._space.one_of(part.VERB, ["create"])))
        return found

    def _based(self, check: Check, about: str | None, occasion: str) -> Formula:
        if about == part.GROUPS:
            return self._space.of_groups(check)
        if about is not None:
            return self._space.literal(check, about)
        if REQUEST in _sources(check):
            return both(self._space.with_request_body(), self._opaque(check, occasion))
        return self._opaque(check, occasion)

    def _opaque(self, check: Check, occasion: str) -> Formula:
        fields = fields_of(check)
        if _impossible(check, fields):
            return False
        if len(fields) != 1:
            there = (self._space.is_there(part_of(ir.Exists(field))) for field in fields)
            return both(*there, free(f"{occasion} {check!r}", (check, occasion)))
        return check_of(variable_of(fields[0], occasion), check, self.classes_of(fields[0]), self._own[fields[0]])

    def classes_of(self, field: ir.Field) -> list[TextClass]:
        """Return the classes of a field that is no part of the request."""
        return text_classes(self._own[field] if is_text(field) else Named(), always=_always(field))

    def outcome(self, check: Check, model: Model) -> bool | None:
        """Return how a check of a field comes out in a model, None where that is open."""
        left = reduced(self._opaque(check, ""), model)
        return left if isinstance(left, bool) else None

    def equalities(self, model: Model) -> list[ir.Compare]:
        """Return comparisons of two fields that a model has as equal."""
        return [
            check
            for check in self.checks
            if isinstance(check, ir.Compare)
            and check.operator in ("=", "==")
            and len(fields_of(check)) > 1
            and model.truths.get((check, ""))
        ]

    def checks_by_field(self) -> dict[ir.Field, list[Check]]:
        """Return the checks of single fields that are no parts of the request."""
        found: dict[ir.Field, list[Check]] = {}
        for check in self.checks:
            if part_of(check) is None and len(fields_of(check)) == 1:
                found.setdefault(fields_of(check)[0], []).append(check)
        return found


def variable_of(field: ir.Field, occasion: str = "") -> str:
    """Return the variable that a field is, at one stage where it is not the same at all."""
    return f"{occasion} {field.name}[{field.argument}]"


_BESIDE_MANAGED = re.compile(
    r'"(?!(?:manager|operation|apiVersion|time|fieldsType|fieldsV1|subresource)"|[fkvi]:|\.)[^"\\]+":[^,{\[]*'
)
"""A key with the beginning of its value: not a key of managedFields, so no such text is lost or made without them."""


@cache
def _sources(check: Check) -> frozenset[str]:
    """Return what a check reads."""
    found = sources_in(check)
    if isinstance(check, ir.Compare) and check.operator == "contains" and isinstance(check.right, ir.Text):
        return found - {MANAGED} if _BESIDE_MANAGED.fullmatch(check.right.text) else found
    return found


def _absent(sources: frozenset[str], stage: str, view: View) -> bool:
    """Say whether a check reads what is not there yet, or a body that is not logged."""
    if WHOLE in sources:
        return False
    return (
        (LATE in sources and stage == RECEIVED)
        or (REQUEST in sources and view.level < Level.REQUEST)
        or (RESPONSE in sources and view.level < Level.REQUEST_RESPONSE)
    )


def _varies(check: Check, sources: frozenset[str], stage: str) -> bool:
    """Say whether what a check reads need not be the same at this stage as at the others of the request."""
    if stage == PANIC and LATE in sources:
        return True
    return any(_of_moment(field) or (stage == RECEIVED and _is_completed(field)) for field in fields_of(check))


def _of_moment(field: ir.Field) -> bool:
    return field.name.startswith("evt.") or field.name in TIMES or "stageTimestamp" in (field.argument or "")


def _is_completed(field: ir.Field) -> bool:
    """Say whether a pointer looks where kube-apiserver adds something after RequestReceived."""
    return field.name in POINTERS and parse_pointer(field.argument or "")[0] in ("annotations", "objectRef")


def _is_there(check: Check) -> bool:
    return isinstance(check, ir.Exists) and isinstance(check.operand, ir.Field) and _always(check.operand)


def _at_level(check: Check, level: Level) -> Formula:
    return tried(check, level.text) if len(fields_of(check)) == 1 else free(f"{level.text} {check!r}", check)


def _named_by_field(checks: tuple[Check, ...]) -> dict[ir.Field, Named]:
    found: dict[ir.Field, list[Check]] = {}
    for check in checks:
        for field in fields_of(check):
            found.setdefault(field, []).append(check)
    return {field: named_in(of_field) for field, of_field in found.items()}


def _impossible(check: Check, fields: tuple[ir.Field, ...]) -> bool:
    """Say whether a check asks for an event of 1970: rules switch parts of theirs off with it."""
    if not isinstance(check, ir.Compare) or check.operator not in ("=", "==") or len(fields) != 1:
        return False
    return fields[0].name in TIMES and isinstance(check.right, ir.Text) and check.right.text == "0"


_LEAST = b'{"kind":"Event","auditID":"a","stage":"ResponseComplete","stageTimestamp":"2026-01-02T03:04:05Z"}'


@cache
def _always(field: ir.Field) -> bool:
    """Say whether the least that an event can be has this field."""
    return lookup(field.name, field.argument)(decode(_LEAST).events[0]) is not None
