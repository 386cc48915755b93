"""Reads the correlations of all files together: those that others look at come first, whatever their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from lanner.config import yamltext
from lanner.errors import SourceError
from lanner.rules import ir
from lanner.rules.correlation.chains import DEEPEST
from lanner.rules.correlation.model import Correlation
from lanner.rules.correlation.reader import read_correlation
from lanner.rules.ruleset import Rule

_NAMES = ("title", "name", "id")
_WORD = re.compile(r"[\w-]+")
_JOINING = frozenset({"and", "or", "not"})


class Rules(Protocol):
    """The rules and macros that correlations may name."""

    left_out: set[str]

    def rule_called(self, name: str) -> Rule | None:
        """Return a rule by its name or id; None where there is none."""

    def names(self) -> list[str]:
        """Return all names, for hints."""

    def condition(self, text: str) -> ir.Condition:
        """Return a condition in Falco's language; raises ConditionError."""


class Draft:
    """One document, and what became of it: a correlation, an error, or a note why it is left out."""

    def __init__(self, node: yamltext.Mapping, file: str) -> None:
        self.node, self.file = node, file
        document = yamltext.to_python(node)
        self.title = str(document.get("title") or "")
        self.names = [str(document[key]) for key in _NAMES if document.get(key)]
        body = document.get("correlation")
        self.generates = isinstance(body, dict) and body.get("generate") is True
        self.looks_at = _looks_at(body)
        self.found: Correlation | None = None
        self.error: SourceError | None = None
        self.note = ""
        self.depth = 0


def _looks_at(body: Any) -> list[str]:
    """Return the names of what a correlation looks at: `rules`, or those in its condition."""
    if not isinstance(body, dict):
        return []
    rules, condition = body.get("rules"), body.get("condition")
    if rules is None and not body.get("events") and isinstance(condition, str):
        return [word for word in _WORD.findall(condition) if word not in _JOINING]
    return [name for name in (rules if isinstance(rules, list) else [rules]) if isinstance(name, str)]


class Drafts:
    """All documents of a set of files; as a catalogue it knows the rules and the correlations that were read."""

    def __init__(self, drafts: Sequence[Draft], rules: Rules) -> None:
        self.drafts, self._rules = drafts, rules
        self._named: dict[str, Draft] = {}
        self._open: list[Draft] = []

    def read(self) -> list[Correlation]:
        """Read all; what is wrong stands in the drafts. Returns what loaded in the order of the documents."""
        for draft in self.drafts:
            self._name(draft)
        for draft in self.drafts:
            self._settle(draft)
        return [draft.found for draft in self.drafts if draft.found is not None]

    def called(self, name: str) -> Rule | Correlation | None:
        """Return the rule or correlation of a name or id."""
        draft = self._named.get(name)
        return self._rules.rule_called(name) or (None if draft is None else draft.found)

    def names(self) -> list[str]:
        """Return all names, for hints."""
        return [*self._rules.names(), *self._named]

    def condition(self, text: str) -> ir.Condition:
        """Return a condition in Falco's language; raises ConditionError."""
        return self._rules.condition(text)

    def _name(self, draft: Draft) -> None:
        for name in draft.names:
            rule, other = self._rules.rule_called(name), self._named.get(name)
            if rule is not None:
                where = f"rule at {rule.file}:{rule.line}"
            elif other is not None:
                where = f"correlation at {other.file}:{other.node.line}"
            else:
                continue
            draft.error = SourceError(
                f"'{name}' is what the {where} is called as well",
                file=draft.file,
                line=draft.node.line,
                column=draft.node.column,
            )
            return
        self._named.update(dict.fromkeys(draft.names, draft))

    def _settle(self, draft: Draft) -> None:
        """Read a draft after those that it looks at, unless that was done."""
        if draft.found is not None or draft.error is not None or draft.note:
            return
        self._open.append(draft)
        try:
            self._read(draft)
        except SourceError as error:
            draft.error = error
        self._open.pop()

    def _read(self, draft: Draft) -> None:
        for name in draft.looks_at:
            below = None if self._rules.rule_called(name) else self._named.get(name)
            if below is not None:
                self._look(draft, below)
            if name in self._rules.left_out or (below is not None and below.note):
                draft.note = f"'{draft.title}' correlates rules for other logs and is left out"
                return
        if draft.depth >= DEEPEST:
            raise _wrong(
                draft, f"it is level {draft.depth + 1} of correlations of correlations; {DEEPEST} are the most"
            )
        draft.found = read_correlation(draft.node, draft.file, self)

    def _look(self, draft: Draft, below: Draft) -> None:
        if below in self._open:
            circle = [*(each.title for each in self._open[self._open.index(below) :]), below.title]
            raise _wrong(draft, f"it looks at itself: {' -> '.join(circle)}")
        self._settle(below)
        if below.error is not None:
            raise _wrong(draft, f"'{below.title}' ({below.file}:{below.node.line}), which it looks at, did not load")
        draft.depth = max(draft.depth, below.depth + 1)


def _wrong(draft: Draft, message: str) -> SourceError:
    nodes = list(_places(draft.node))
    return SourceError(message, file=draft.file, line=nodes[-1].line, column=nodes[-1].column)


def _places(node: yamltext.Node) -> Iterator[yamltext.Node]:
    """Yield the document, its body and the names of what it looks at, so far as they are there."""
    yield node
    for key in ("correlation", "rules"):
        below = node.get(key) if isinstance(node, yamltext.Mapping) else None
        if below is None:
            return
        node = below
        yield node
