"""Makes rules out of what was collected: lists, macros and exceptions put in, outputs and types checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lanner.audit.event import SOURCE
from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.falco import expansion
from lanner.rules.falco.collector import Collector
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.definitions import (
    KNOWN_SOURCES,
    SYSCALL_SOURCE,
    MacroItem,
    RuleItem,
    Written,
)
from lanner.rules.falco.doubts import (
    compares_with_na,
    deprecated_in_condition,
    deprecated_in_output,
    doubtful_values,
    foreign_fields,
    macro_names,
)
from lanner.rules.falco.eventtypes import is_broad
from lanner.rules.falco.exceptions import weave
from lanner.rules.falco.fieldtext import may_be_of_system_calls
from lanner.rules.falco.findings import Finding, LoadError, Place, as_finding
from lanner.rules.falco.hints import hint_for
from lanner.rules.falco.output import OutputError, OutputFormat
from lanner.rules.falco.positions import Source
from lanner.rules.ir import ConditionError
from lanner.rules.ruleset import Rule

_OUTPUT = "LOAD_ERR_COMPILE_OUTPUT"
_UNKNOWN_NAMES = ("nonexistent field", "invalid formatting token", "unknown event type", "unknown filter:")
_OLD = "LOAD_DEPRECATED_ITEM"
_CONTAINER_INFO = "%container.info"
_CONTAINER_INFO_IS_OLD = (
    "%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. "
    "The container plugin will automatically add required fields to the output message."
)
_UNKNOWN_OUTPUT = "unknown filter: unexpected token after '"
_BROAD = "Rule matches too many evt.type values. This has a significant performance penalty."
_TOKEN = re.compile(r"%\*?[0-9]*(?=[\w(]+\.)")
_NA_HINT = "no value equals <NA>: write 'FIELD exists' or 'not FIELD exists'"

Broken = tuple[str, str, int]
"""Kind, name and visibility of an item that was reported before."""


@dataclass(slots=True)
class Linked:
    """The rules that came out, and what was found; `errors` in the order of Falco's work."""

    rules: list[Rule] = field(default_factory=list)
    errors: list[LoadError] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    unused: list[Finding] = field(default_factory=list)
    """Lists and macros that nothing refers to yet; empty when there are errors."""


class Linker:
    """Links a collector's items, again after each file; what was reported once is left out silently afterwards."""

    def __init__(self, collector: Collector, sources: Mapping[str, Source]) -> None:
        """Keep the texts of the files by name, to place errors in them."""
        self.collector, self.sources = collector, sources
        self.broken: set[Broken] = set()
        self._parsed: dict[str, ir.Condition] = {}
        self._newest: _Pass | None = None

    def link(self, file: str) -> Linked:
        """Link everything collected so far; findings about `file` come without its name."""
        self._newest = _Pass(self, file)
        return self._newest.run()

    def condition(self, text: str) -> ir.Condition:
        """Return a condition that is no rule's, with the lists and macros of the last `link`; raises ConditionError."""
        return (self._newest or _Pass(self, "")).condition(text)

    def source(self, file: str) -> Source:
        """Return the text of a file; empty where it is not known."""
        return self.sources.get(file) or Source("")

    def parse(self, text: str) -> ir.Condition:
        """Parse a condition, once for each text; raises ConditionError."""
        if text not in self._parsed:
            self._parsed[text] = parse_condition(text)
        return self._parsed[text]


class _Pass:
    """One linking of all items, in Falco's order: lists, macros, rules."""

    def __init__(self, linker: Linker, file: str) -> None:
        self._linker, self._collector, self._file = linker, linker.collector, file
        self._linked = Linked()
        self._used_lists: set[str] = set()
        self._lists = expansion.resolve_items(self._collector.lists, self._used_lists)
        self._macros = expansion.MacroTable(self._collector.macros)

    def run(self) -> Linked:
        macros, rules = self._collector.macros.values(), self._collector.rules.values()
        for macro in macros:
            self._try("macro", macro, partial(self._parse_macro, macro))
        for macro in macros:
            self._try("macro", macro, partial(self._resolve_macro, macro))
        for rule in rules:
            if rule.source in KNOWN_SOURCES:
                self._try("rule", rule, partial(self._link_rule, rule))
        if not self._linked.errors:
            self._linked.unused.extend(self._unused())
        return self._linked

    def condition(self, text: str) -> ir.Condition:
        """Put lists and macros into a condition and check its types; raises ConditionError with offsets in `text`."""
        traced = expansion.Traced(text)
        try:
            expansion.insert_lists(traced, self._lists, self._used_lists)
            condition = self._macros.resolve(self._linker.parse(traced.text))
            check_condition(condition)
        except ConditionError as error:
            raise ConditionError(error.message, traced.origin(error.offset), error.code) from None
        return condition

    def _try(self, kind: str, item: MacroItem | RuleItem, work: Callable[[], None]) -> None:
        key = (kind, item.name, item.visibility)
        if key in self._linker.broken:
            return
        try:
            work()
        except LoadError as error:
            error.item = error.item or item.name
            if not self._follows(error):
                self._linked.errors.append(error)
            self._linker.broken.add(key)

    def _follows(self, error: LoadError) -> bool:
        """Say whether an error is only the echo of a broken macro."""
        return any(
            kind == "macro" and error.message == f"Undefined macro '{name}' used in filter."
            for kind, name, _visibility in self._linker.broken
        )

    def _parse_macro(self, macro: MacroItem) -> None:
        traced = expansion.Traced(macro.condition.text)
        with _Placed(self, macro.condition, traced):
            expansion.insert_lists(traced, self._lists, self._used_lists)
            written = self._linker.parse(traced.text)
            self._macros.written[macro.name] = self._macros.conditions[macro.name] = written

    def _resolve_macro(self, macro: MacroItem) -> None:
        condition = self._macros.conditions[macro.name]
        with _Placed(self, macro.condition, expansion.Traced(macro.condition.text)):
            self._macros.conditions[macro.name] = self._macros.resolve(condition, macro.visibility)

    def _link_rule(self, rule: RuleItem) -> None:
        woven = weave(rule.condition.text, rule.exceptions) if rule.exceptions else rule.condition.text
        output = self._output(rule)
        if not self._check_output(rule, output):
            return
        traced = expansion.Traced(woven, 1 if rule.exceptions else 0)
        with _Placed(self, rule.condition, traced):
            expansion.insert_lists(traced, self._lists, self._used_lists)
            written = self._linker.parse(traced.text)
            condition = self._macros.resolve(written)
            self._warn_fields(rule, condition)
            if rule.source == SYSCALL_SOURCE:
                self._check_system_calls(rule, condition)
            elif self._check_types(rule, written, condition):
                self._warn_values(rule, condition)
                self._linked.rules.append(_as_rule(rule, condition, output))

    def _output(self, rule: RuleItem) -> str:
        """Return a rule's output without what Falco takes out of it, with a warning."""
        if _CONTAINER_INFO not in rule.output.text:
            return rule.output.text
        self._warn(_OLD, _CONTAINER_INFO_IS_OLD, rule.place, rule.name, f"leave {_CONTAINER_INFO} out")
        return rule.output.text.replace(_CONTAINER_INFO, "")

    def _check_output(self, rule: RuleItem, output: str) -> bool:
        try:
            _compile_output(output, rule.source)
        except OutputError as error:
            place = self.place(rule.output, error.offset)
            if not self._tolerated(rule, error.message, place):
                hint = self.hint(error.hint or error.message)
                raise LoadError(_OUTPUT, error.message, place, item=rule.name, hint=hint) from None
            return False
        for message in deprecated_in_output(output):
            self._warn(_OLD, message, self.place(rule.output, 0), rule.name, "")
        return True

    def _check_system_calls(self, rule: RuleItem, condition: ir.Condition) -> None:
        for name, offset in foreign_fields(condition):
            message = f"filter_check called with nonexistent field {name}"
            if not self._tolerated(rule, message, self.place(rule.condition, offset)):
                raise ConditionError(message, offset)
            return
        if rule.warn_types and is_broad(condition):
            self._warn("LOAD_NO_EVTTYPE", _BROAD, rule.place, rule.name, "name the types: evt.type in (...)")

    def _check_types(self, rule: RuleItem, written: ir.Condition, condition: ir.Condition) -> bool:
        try:
            check_condition(condition)
        except ConditionError as error:
            if not self._tolerated(rule, error.message, self.place(rule.condition, error.offset)):
                self._blame_macro(written, error.message, set())
                raise
            return False
        return True

    def _blame_macro(self, written: ir.Condition, message: str, seen: set[str]) -> None:
        """Raise the error at the innermost macro that it stands in, if it stands in one."""
        for name in macro_names(written):
            if name in seen:
                continue
            seen.add(name)
            self._blame_macro(self._macros.written[name], message, seen)
            macro = self._collector.macros[name]
            try:
                check_condition(self._macros.conditions[name])
            except ConditionError as error:
                if error.message == message:
                    place = self.place(macro.condition, error.offset)
                    raise LoadError(error.code, message, place, hint=self.hint(message)) from None

    def _tolerated(self, rule: RuleItem, message: str, place: Place) -> bool:
        """Warn instead of failing when a rule asks to be skipped for names that are not known."""
        if not rule.skip_unknown or not any(words in message for words in _UNKNOWN_NAMES):
            return False
        self._warn("LOAD_UNKNOWN_FILTER", message, place, rule.name, self.hint(message))
        return True

    def _warn_fields(self, rule: RuleItem, condition: ir.Condition) -> None:
        place = self.place(rule.condition, 0)
        if compares_with_na(condition):
            self._warn("LOAD_UNSAFE_NA_CHECK", "", place, rule.name, _NA_HINT)
        for message in deprecated_in_condition(condition):
            self._warn(_OLD, message, place, rule.name, "")

    def _warn_values(self, rule: RuleItem, condition: ir.Condition) -> None:
        for message, offset in doubtful_values(condition):
            self._warn("LOAD_COMPILE_CONDITION", message, self.place(rule.condition, offset), rule.name, "")

    def _warn(self, code: str, message: str, place: Place, item: str, hint: str) -> None:
        # Falco stops at the first error: what it would warn of behind it is not told before that is mended.
        if not self._linked.errors:
            self._linked.warnings.append(as_finding(code, message, place, self._file, item=item, hint=hint))

    def _unused(self) -> Iterator[Finding]:
        for macro in self._collector.macros.values():
            if macro.name not in self._macros.used:
                message = "Macro not referred to by any other rule/macro"
                yield as_finding("LOAD_UNUSED_MACRO", message, macro.place, self._file, item=macro.name)
        for entry in self._collector.lists.values():
            if entry.name not in self._used_lists:
                message = "List not referred to by any other rule/macro"
                yield as_finding("LOAD_UNUSED_LIST", message, entry.place, self._file, item=entry.name)

    def place(self, written: Written, offset: int) -> Place:
        """Return where a character of a condition or output stands in its file."""
        piece, inside = written.locate(offset)
        line, column = self._linker.source(piece.file).locate(piece.scalar, inside)
        return Place(piece.file, line, column)

    def hint(self, message: str) -> str:
        """Return what to do about an error, knowing the names that are defined."""
        return hint_for(message, self._collector.macros, self._collector.lists)


class _Placed:
    """Turns a ConditionError inside its block into a LoadError with place and hint."""

    def __init__(self, owner: _Pass, written: Written, traced: expansion.Traced) -> None:
        self._owner, self._written, self._traced = owner, written, traced

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ConditionError):
            place = self._owner.place(self._written, self._traced.origin(error.offset))
            hint = self._owner.hint(error.message)
            raise LoadError(error.code, error.message, place, hint=hint) from None


def _compile_output(output: str, source: str) -> None:
    """Raise OutputError where Falco would; of the fields of system calls only the class is judged."""
    if source == SOURCE:
        OutputFormat(output)
        return
    for token in _TOKEN.finditer(output):
        if not may_be_of_system_calls(output[token.end() :]):
            raise OutputError(_UNKNOWN_OUTPUT, token.end(), "rules of source syscall have no such field")


def _as_rule(rule: RuleItem, condition: ir.Condition, output: str) -> Rule:
    return Rule(
        name=rule.name,
        description=rule.description,
        condition=condition,
        condition_text=rule.condition.text,
        output=output,
        priority=rule.priority,
        tags=tuple(sorted(rule.tags)),
        source=rule.source,
        enabled=rule.enabled,
        file=rule.place.file,
        line=rule.place.line,
    )
