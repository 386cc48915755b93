"""Collects the items of all files in order: definitions, redefinitions, appends and overrides, as Falco judges them."""

from __future__ import annotations

from typing import TypeVar

from lanner.rules.falco.definitions import ExceptionItem, ListItem, MacroItem, RuleItem, RuleUpdate
from lanner.rules.falco.exceptions import check_exception
from lanner.rules.falco.findings import LoadError, Place

WRONG = "LOAD_ERR_VALIDATE"

_NO_LIST = "List uses 'append' or 'override.items: append' but no list by that name already exists"
_NO_MACRO = "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists"
_NO_RULE_APPEND = "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists"
_NO_RULE_REPLACE = "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists"
_NO_RULE_ENABLE = "Rule has 'enabled' key but no rule by that name already exists"

_Definition = TypeVar("_Definition", ListItem, MacroItem, RuleItem)


class Collector:
    """What was defined so far, in order of first definition."""

    def __init__(self) -> None:
        self.lists: dict[str, ListItem] = {}
        self.macros: dict[str, MacroItem] = {}
        self.rules: dict[str, RuleItem] = {}
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _define(self, known: dict[str, _Definition], item: _Definition) -> None:
        number = self._next()
        previous = known.get(item.name)
        item.index = number if previous is None else previous.index
        item.visibility = number
        known[item.name] = item

    def define_list(self, item: ListItem) -> None:
        """Define a list, or define it anew in its old place."""
        self._define(self.lists, item)

    def append_list(self, item: ListItem) -> None:
        """Add items to a list; raises LoadError when there is none."""
        previous = self.lists.get(item.name)
        if previous is None:
            raise _missing(_NO_LIST, item.name, item.place, "list")
        previous.items = previous.items + item.items
        previous.visibility = self._next()

    def define_macro(self, item: MacroItem) -> None:
        """Define a macro, or define it anew in its old place."""
        self._define(self.macros, item)

    def append_macro(self, item: MacroItem) -> None:
        """Add to a macro's condition; raises LoadError when there is none."""
        previous = self.macros.get(item.name)
        if previous is None:
            raise _missing(_NO_MACRO, item.name, item.place, "macro")
        previous.condition.append(item.condition)
        previous.visibility = self._next()

    def check_source(self, name: str, source: str, place: Place) -> None:
        """Raise LoadError when a rule is there with another source than the one given, if one is given."""
        previous = self.rules.get(name)
        if previous is not None and source and previous.source != source:
            raise LoadError(WRONG, "Rule has been re-defined with a different source", place, item=name)

    def define_rule(self, item: RuleItem) -> None:
        """Define a rule, or define it anew in its old place; raises LoadError on a wrong source or exception."""
        self.check_source(item.name, item.source, item.place)
        _check_exceptions(item.exceptions, item.source)
        self._define(self.rules, item)

    def enable_rule(self, name: str, place: Place, *, enabled: bool) -> None:
        """Switch a rule on or off; raises LoadError when there is none."""
        self._rule(name, place, _NO_RULE_ENABLE).enabled = enabled

    def append_rule(self, update: RuleUpdate) -> None:
        """Add to the parts of a rule; raises LoadError."""
        self.check_source(update.name, update.source, update.place)
        rule = self._rule(update.name, update.place, _NO_RULE_APPEND)
        if not update.appends_any:
            message = "Appended rule must have exceptions or condition property"
            raise LoadError(WRONG, message, update.place, item=update.name)
        if update.condition is not None:
            rule.condition.append(update.condition)
        if update.output is not None:
            rule.output.append(update.output)
        if update.description is not None:
            rule.description += f" {update.description}"
        rule.tags = rule.tags | (update.tags or set())
        for exception in update.exceptions or ():
            _append_exception(rule, exception)
        rule.visibility = self._next()

    def replace_rule(self, update: RuleUpdate) -> None:
        """Replace the parts of a rule; raises LoadError."""
        self.check_source(update.name, update.source, update.place)
        rule = self._rule(update.name, update.place, _NO_RULE_REPLACE)
        _check_exceptions(update.exceptions or [], rule.source)
        parts = ("condition", "output", "description", "tags", "exceptions", "priority", "enabled")
        for part in (*parts, "warn_types", "skip_unknown"):
            value = getattr(update, part)
            if value is not None:
                setattr(rule, part, value)
        rule.visibility = self._next()

    def _rule(self, name: str, place: Place, message: str) -> RuleItem:
        rule = self.rules.get(name)
        if rule is None:
            raise _missing(message, name, place, "rule")
        return rule


def _check_exceptions(exceptions: list[ExceptionItem], source: str) -> None:
    for exception in exceptions:
        if not exception.fields.given:
            raise _no_fields(exception, "Rule exception item must have fields property with a list of fields")
        check_exception(exception, source)


def _append_exception(rule: RuleItem, exception: ExceptionItem) -> None:
    previous = next((known for known in rule.exceptions if known.name == exception.name), None)
    if previous is None:
        if not exception.fields.given:
            raise _no_fields(exception, "Rule exception must have fields property with a list of fields")
        if not exception.values:
            raise _no_fields(exception, "Rule exception must have values property with a list of values")
        check_exception(exception, rule.source)
        rule.exceptions = [*rule.exceptions, exception]
        return
    for part in ("fields", "comps"):
        if getattr(exception, part).given:
            raise _no_fields(exception, f"Can not append exception {part} to existing exception, only values")
    previous.values = previous.values + exception.values


def _no_fields(exception: ExceptionItem, message: str) -> LoadError:
    return LoadError(WRONG, message, exception.place, item=exception.name)


def _missing(message: str, name: str, place: Place, kind: str) -> LoadError:
    hint = f"define the {kind} {name!r} first, in this file or in one loaded before it"
    return LoadError(WRONG, message, place, item=name, hint=hint)
