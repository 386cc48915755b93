"""The kinds of events that a correlation looks at, and what its names of fields mean in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol, cast

from lanner.config.typed import nearest
from lanner.config.yamltext import Mapping as Node
from lanner.config.yamltext import Node as AnyNode
from lanner.errors import SourceError
from lanner.rules import ir
from lanner.rules.check import kind_of
from lanner.rules.correlation.model import Correlation, Link, Part, Take
from lanner.rules.falco.condition import parse_condition
from lanner.rules.ruleset import Rule
from lanner.rules.sigma import known
from lanner.rules.sigma.fields import native_path, operand_of

_NATIVE = re.compile(r"[A-Za-z][\w-]*(\.[\w/-]+)*")
_OURS = ("ka.", "lanner.", "jevt.", "json.", "evt.")


class Catalogue(Protocol):
    """The rules, macros and correlations that correlations may name."""

    def called(self, name: str) -> Rule | Correlation | None:
        """Return a rule or correlation by its name, or by its id; None where there is none."""

    def names(self) -> list[str]:
        """Return all names, for hints."""

    def condition(self, text: str) -> ir.Condition:
        """Return a condition in Falco's language; raises ConditionError."""


class Spot(NamedTuple):
    """A place in a file."""

    file: str
    line: int
    column: int

    def wrong(self, message: str) -> SourceError:
        """Return the error that something is wrong here."""
        return SourceError(message, file=self.file, line=self.line, column=self.column)


class Places:
    """Where the keys of one document stand."""

    def __init__(self, node: Node, file: str) -> None:
        self._node, self._file = node, file

    def at(self, *path: str) -> Spot:
        """Return the place of a key: of the document, or below `correlation`; the nearest that is there."""
        node: AnyNode = self._node
        for key in path:
            below = node.get(key) if isinstance(node, Node) else None
            if below is None and node is self._node:
                inner = self._node.get("correlation")
                below = inner.get(key) if isinstance(inner, Node) else None
            if below is None:
                break
            node = below
        return Spot(self._file, node.line, node.column)


class Kinds:
    """What each alias stands for, and the fields of each; `aliases` gives one name to different fields (Sigma)."""

    def __init__(
        self,
        kinds: Mapping[str, ir.Condition | Correlation],
        aliases: Mapping[str, Mapping[str, str]],
        catalogue: Catalogue,
        places: Places,
    ) -> None:
        self._kinds, self._aliases, self._catalogue, self._places = kinds, aliases, catalogue, places
        self.names = list(kinds)

    def part(
        self, alias: str, group_by: tuple[str, ...], values: tuple[str, ...], compared: tuple[Take, ...]
    ) -> Part | Link:
        """Return one part of the correlation."""
        kind = self._kinds[alias]
        key = tuple(self.take(name, alias, "group-by") for name in group_by)
        looked_at = tuple(self.take(name, alias, "field") for name in values)
        if isinstance(kind, Correlation):
            return Link(alias=alias, name=kind.name, key=key, values=looked_at, compared=compared)
        operands = [cast("tuple[ir.Operand, ...]", takes) for takes in (key, looked_at, compared)]
        return Part(alias=alias, condition=kind, key=operands[0], values=operands[1], compared=operands[2])

    def take(self, name: str, alias: str, key: str) -> Take:
        """Return what a field's name means for a kind of event.

        Of another correlation that is a value of its key, or a field of the event that it is told of. Raises
        SourceError with the place of `key` where there is no such field.
        """
        name, kind = self._renamed(name, alias), self._kinds[alias]
        if isinstance(kind, Correlation) and name in kind.group_by:
            return kind.group_by.index(name)
        operand = self._operand(name, key)
        if isinstance(kind, Correlation):
            for place in range(len(kind.group_by)):
                if all(part.key[place] == operand for part in kind.parts):
                    return place
        return operand

    def _renamed(self, name: str, alias: str) -> str:
        fields = self._aliases.get(name)
        if fields is None:
            return name
        meant = self._catalogue.called(alias)
        same = (each for each in fields if each == alias or (meant and self._catalogue.called(each) == meant))
        found = next(same, None)
        if found is None:
            raise self._places.at("aliases", name).wrong(f"the alias '{name}' says no field for '{alias}'")
        return fields[found]

    def _operand(self, text: str, key: str) -> ir.Operand:
        """Read a field: of Falco's language, or a path of the native event such as user.username."""
        try:
            condition = parse_condition(f"{text} exists")
            if isinstance(condition, ir.Exists):
                kind_of(condition.operand)
                return condition.operand
        except ir.ConditionError as error:
            if not _NATIVE.fullmatch(text) or text.startswith(_OURS):
                raise self._places.at(key).wrong(f"'{text}' is no field: {error.message}") from None
        field, path = operand_of(text), native_path(text)
        if field is None or not known.has(path):
            raise self._places.at(key).wrong(f"no audit event has the field '{text}': {known.field_hint(path)}")
        return field


def no_kind(name: str, catalogue: Catalogue, spot: Spot) -> SourceError:
    """Return the error that a name is no rule's."""
    return spot.wrong(f"no rule is called '{name}'{nearest(name, catalogue.names())}")
