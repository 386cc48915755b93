"""Reads Sigma rules: a document becomes a Rule, and what is wrong with it is told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from sigma.exceptions import SigmaError
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaDetectionItem, SigmaLogSource, SigmaRule

from lanner.config.typed import convert, nearest
from lanner.config.yamltext import Mapping, to_python
from lanner.errors import SourceError
from lanner.rules import ir
from lanner.rules.correlation.document import PRIORITIES
from lanner.rules.correlation.reader import DEFAULT_OUTPUT
from lanner.rules.falco.findings import Finding, Place
from lanner.rules.falco.hints import hint_for
from lanner.rules.falco.output import OutputError, OutputFormat
from lanner.rules.outline import operand_text
from lanner.rules.ruleset import Rule
from lanner.rules.sigma import known
from lanner.rules.sigma.condition import CheckError, Walker
from lanner.rules.sigma.doubts import doubts
from lanner.rules.sigma.fields import native_path, operand_of
from lanner.rules.sigma.pipelines import Pipeline, RefusedRule
from lanner.rules.sigma.places import Places
from lanner.rules.sigma.values import Lists

CODE, DOUBTFUL = "LOAD_ERR_SIGMA", "SIGMA_METADATA"
NOT_RUN = frozenset({"DEPRECATED", "UNSUPPORTED"})

_SERVICES = (None, "audit")
_KEYS = {"identifier": "id", "falsepositive": "falsepositives", "tag": "tags", "reference": "references"}
_GRAVE = frozenset({"title", "name", "level", "logsource", "detection", "condition", "modifier", "value", "type"})
_ERROR_NAME = re.compile(r"Sigma(\w+?)Error")
_MODIFIER = re.compile(r"Unknown modifier '(.*)'")
_COLUMN = re.compile(r"\s*\(at char \d+\), \(line:\d+, col:\d+\)")
_BYTES = re.compile(r"\bb(['\"])(.*)\1$")
_NO_MAPPING = "a field has a text, a number, true, false, null or a list of them"
_UNREADABLE = (SigmaError, TypeError, AttributeError, ValueError, KeyError, IndexError, RecursionError)


class ReadRule(msgspec.Struct, kw_only=True):
    """What came out of one document: the rule unless there are errors or it is not for audit events.

    `names` are those by which correlations may call it; a rule that is left out has them too. `source` is its log
    source, which filters ask for.
    """

    rule: Rule | None = None
    names: tuple[str, ...] = ()
    source: SigmaLogSource | None = None
    errors: list[Finding] = msgspec.field(default_factory=list)
    warnings: list[Finding] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


def read_rule(node: Mapping, file: str, lists: Lists, pipeline: Pipeline | None = None) -> ReadRule:
    """Read one document; nothing is raised. `lists` are what placeholders stand for; a pipeline changes it first."""
    try:
        document = convert(node, dict[str, Any], file=file)
    except SourceError as error:
        return ReadRule(errors=[Finding(code=CODE, message=error.message, line=error.line, column=error.column)])
    return _Reader(node, file, document, lists, pipeline).read()


class _Reader:
    def __init__(
        self, node: Mapping, file: str, document: dict[str, Any], lists: Lists, pipeline: Pipeline | None
    ) -> None:
        self._node, self._file, self._document, self._lists = node, file, document, lists
        self._pipeline = pipeline
        self._places = Places(node, file)
        self._found = ReadRule()
        self._title = str(document.get("title") or "")

    def read(self) -> ReadRule:
        source = self._document.get("logsource")
        if self._pipeline is None and self._is_foreign(source):
            return self._found
        try:
            parsed = SigmaRule.from_dict(self._document, collect_errors=True)
        except _UNREADABLE as error:
            if not self._is_foreign(source):
                self._error(f"it cannot be read as a Sigma rule: {_words(error)}", self._places.key())
            return self._found
        if self._pipeline is not None and not self._changed(parsed, self._pipeline):
            return self._found
        for mistake in parsed.errors:
            self._tell(mistake)
        condition = None if self._found.errors else self._condition(parsed)
        if condition is not None:
            self._found.rule = self._rule(parsed, condition)
            self._found.names = tuple(str(name) for name in (parsed.title, parsed.name, parsed.id) if name)
            self._found.source = parsed.logsource
        return self._found

    def _is_foreign(self, source: Any) -> bool:
        """Say whether a log source is another's; the rule is then left out with a note."""
        foreign = _foreign(source)
        if foreign:
            self._found.notes.append(f"'{self._title}' is for {foreign}, not for audit events, and is left out")
            names = (self._document[key] for key in ("title", "name", "id") if key in self._document)
            self._found.names = tuple(map(str, names))
        return bool(foreign)

    def _changed(self, parsed: SigmaRule, pipeline: Pipeline) -> bool:
        """Apply the pipeline, which may change the log source too; says whether the rule is to be read on."""
        if parsed.errors:
            return not self._is_foreign(self._document.get("logsource"))
        try:
            pipeline.apply(parsed)
        except RefusedRule as error:
            if not self._is_foreign(self._document.get("logsource")):
                self._error(str(error), self._places.key("detection"))
            return False
        return not self._is_foreign(parsed.logsource.to_dict())

    def _check_place(self, name: str, value: str) -> Place:
        """Return the place of a check, whose field a pipeline may have renamed."""
        return self._places.check(self._pipeline.written(name) if self._pipeline else [name], value)

    def _condition(self, parsed: SigmaRule) -> ir.Condition | None:
        walker = Walker(self._lists)
        try:
            condition = walker.rule(parsed)
        except CheckError as error:
            self._error(
                error.message, self._check_place(error.name, error.written), hint=hint_for(error.message, {}, {})
            )
            return None
        except _UNREADABLE as error:
            self._error(_words(error), self._places.key("detection", "condition"))
            return None
        for doubt in doubts(walker.asked, condition):
            about = doubt.about
            place = self._places.key("title") if about is None else self._check_place(about.name, about.written)
            self._warn(doubt.code, doubt.message, place, doubt.hint)
        return condition

    def _rule(self, parsed: SigmaRule, condition: ir.Condition) -> Rule:
        level = getattr(parsed.level, "name", "medium").lower()
        status = getattr(parsed.status, "name", "")
        if status in NOT_RUN:
            self._found.notes.append(f"'{parsed.title}' is {status.lower()} and does not run")
        return Rule(
            name=str(parsed.title),
            description=_description(parsed),
            condition=condition,
            condition_text=_condition_text(parsed.detection.condition),
            output=self._output(parsed),
            priority=next(priority for name, priority in PRIORITIES.items() if name == level),
            tags=tuple(sorted(str(tag) for tag in parsed.tags)),
            enabled=status not in NOT_RUN,
            named=self._named(parsed),
            file=self._file,
            line=self._node.line,
        )

    def _named(self, parsed: SigmaRule) -> tuple[tuple[str, ir.Condition], ...]:
        try:
            return Walker.detections(parsed, self._lists)
        except (CheckError, *_UNREADABLE):
            return ()  # one that the condition does not ask for need not make sense

    def _output(self, parsed: SigmaRule) -> str:
        title = str(parsed.title).replace("%", " percent")
        given = self._document.get("output")
        text = given if isinstance(given, str) else f"{title} {_shown(parsed.fields) or DEFAULT_OUTPUT}"
        try:
            OutputFormat(text)
        except OutputError as error:
            key = "output" if isinstance(given, str) else "fields"
            self._warn(DOUBTFUL, f"{key}: {error.hint or error.message}", self._places.key(key), "")
            return f"{title} {DEFAULT_OUTPUT}"
        return text

    def _tell(self, error: SigmaError) -> None:
        """Put one of pySigma's errors where it belongs: what only people read keeps no rule from running."""
        key = _key_of(error)
        if key in ("detection", "condition", "modifier", "value", "type", "regularexpression"):
            place, words = self._detection_place(error)
            self._error(words, place, hint=_modifier_hint(words))
        elif key in _GRAVE:
            self._error(_words(error), self._places.key(key))
        else:
            self._warn(DOUBTFUL, _words(error), self._places.key(key), "")

    def _detection_place(self, error: SigmaError) -> tuple[Place, str]:
        """Find the field whose values pySigma refuses by reading each by itself."""
        for key, value in self._places.items():
            if any(isinstance(part, Mapping) for part in (value, *getattr(value, "items", ()))):
                return self._places.of(key or value), _NO_MAPPING
            try:
                SigmaDetectionItem.from_mapping(key.text if key else None, to_python(value))
            except SigmaError as inner:
                return self._places.of(key or value), _words(inner)
            except (TypeError, AttributeError, ValueError):
                return self._places.of(key or value), _NO_MAPPING
        return self._places.key("detection", "condition"), _words(error)

    def _error(self, message: str, place: Place, *, hint: str = "") -> None:
        self._found.errors.append(self._finding(CODE, message, place, hint))

    def _warn(self, code: str, message: str, place: Place, hint: str) -> None:
        self._found.warnings.append(self._finding(code, message, place, hint))

    def _finding(self, code: str, message: str, place: Place, hint: str) -> Finding:
        return Finding(code=code, message=message, line=place.line, column=place.column, item=self._title, hint=hint)


def _key_of(error: SigmaError) -> str:
    found = _ERROR_NAME.fullmatch(type(error).__name__)
    word = found[1].lower() if found else ""
    return _KEYS.get(word, word)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    text = _BYTES.sub(r"\2", str(error))  # RE2 gives its words as bytes
    place = re.search(r"col:(\d+)\)", text)
    return _COLUMN.sub(f" (character {place[1]})" if place else "", text)


def _modifier_hint(words: str) -> str:
    found = _MODIFIER.search(words)
    return nearest(found[1], sorted(modifier_mapping)).removeprefix("; ") if found else ""


def _foreign(source: Any) -> str:
    """Return what a log source says where it is not that of audit events; nothing where it is wrong."""
    if not isinstance(source, dict) or (source.get("product") == "kubernetes" and source.get("service") in _SERVICES):
        return ""
    return ", ".join(str(source[key]) for key in ("product", "category", "service") if source.get(key))


def _condition_text(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else " or ".join(f"({text})" for text in conditions)


def _description(parsed: SigmaRule) -> str:
    known = [text for text in parsed.falsepositives if text.lower() not in ("unknown", "none")]
    more = f" False positives: {'; '.join(text.rstrip('.') for text in known)}." if known else ""
    return f"{(parsed.description or '').strip()}{more}".strip()


def _shown(names: list[str]) -> str:
    shown = " ".join(_of_fields(names))
    return f"({shown})" if shown else ""


def _of_fields(names: list[str]) -> Iterator[str]:
    for name in names:
        operand = operand_of(name)
        if operand is not None and known.has(native_path(name)):
            yield f"{name}=%{operand_text(operand)}"
