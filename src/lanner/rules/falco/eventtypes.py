"""Which event types a system-call condition lets through: Falco warns of rules that look at too many."""

from __future__ import annotations

from typing import NamedTuple

from lanner.rules import ir

MANY = 50
"""Falco warns above 100 event codes; nearly every type has two, entering and leaving."""


class Types(NamedTuple):
    """Names of event types; all but those when `others`."""

    names: frozenset[str]
    others: bool = False

    def __and__(self, more: Types) -> Types:
        """Return the types that are in both."""
        return ~(~self | ~more)

    def __or__(self, more: Types) -> Types:
        """Return the types that are in one of both."""
        if self.others and more.others:
            return Types(self.names & more.names, others=True)
        if self.others or more.others:
            barred, let = (self, more) if self.others else (more, self)
            return Types(barred.names - let.names, others=True)
        return Types(self.names | more.names)

    def __invert__(self) -> Types:
        """Return all other types."""
        return Types(self.names, not self.others)


ALL = Types(frozenset(), others=True)


def is_broad(condition: ir.Condition) -> bool:
    """Say whether a condition looks at so many event types that Falco warns of it (or at none)."""
    types, _named = _types(condition)
    return types.others or not 0 < len(types.names) <= MANY


def _types(condition: ir.Condition) -> tuple[Types, bool]:
    """Return the types and whether the condition names any: only then does `not` turn them round."""
    match condition:
        case ir.And(items) | ir.Or(items):
            parts = [_types(item) for item in items]
            types = parts[0][0]
            for more, _named in parts[1:]:
                types = types & more if isinstance(condition, ir.And) else types | more
            return types, any(named for _types_, named in parts)
        case ir.Not(item):
            types, named = _types(item)
            return (~types if named else types), named
        case ir.Compare(ir.Field("evt.type"), operator, right) if operator in ("=", "==", "!=", "in"):
            texts = right.items if isinstance(right, ir.Values) else (right,)
            named_types = Types(frozenset(text.text for text in texts if isinstance(text, ir.Text)))
            return (~named_types if operator == "!=" else named_types), True
    return ALL, False
