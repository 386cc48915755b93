"""Reads typed values out of YAML nodes with Falco's checks and Falco's words (yaml-cpp's idea of YAML 1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence
from lanner.rules.falco.findings import LoadError, Place

INVALID = "LOAD_ERR_YAML_VALIDATE"

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "yes", "true", "on"})
_FALSE = frozenset({"n", "no", "false", "off"})
_UNSIGNED = re.compile(r"\+?(0[xX][0-9a-fA-F]+|[0-9]+)[ \t\n\r\f\v]*")


class Item:
    """One mapping of a document, and the place and name that errors about it carry."""

    def __init__(self, node: Mapping, file: str, name: str = "") -> None:
        self.node, self.file, self.name = node, file, name

    def find(self, key: str) -> Node | None:
        """Return the value of a key; of a key written twice the first counts (yaml-cpp)."""
        return next((value for name, value in self.node.entries if name.text == key), None)

    def __contains__(self, key: str) -> bool:
        return self.find(key) is not None

    @property
    def place(self) -> Place:
        """Where the mapping starts."""
        return Place(self.file, self.node.line, self.node.column)

    def place_of(self, key: str) -> Place:
        """Where the value of a key stands, or the mapping when there is none."""
        return self.at(self.find(key) or self.node)

    def at(self, node: Node) -> Place:
        """The place of a node in the same file."""
        return Place(self.file, node.line, node.column)

    def error(self, message: str, place: Place | None = None, code: str = INVALID) -> LoadError:
        """Make an error about this item."""
        return LoadError(code, message, place or self.place, item=self.name)

    def scalar(self, key: str) -> Scalar:
        """Return a key's scalar; raises LoadError when it is missing, null, not a scalar or empty."""
        value = self.find(key)
        if value is None:
            raise self.error(f"Item has no mapping for key '{key}'")
        if is_null(value):
            raise self.error(f"Mapping for key '{key}' is empty", self.at(value))
        if not isinstance(value, Scalar):
            raise self.error("Value is not a scalar value", self.at(value))
        if not value.text:
            raise self.error("Value must be non-empty", self.at(value))
        return value

    def text(self, key: str) -> str:
        """Return a key's text; raises LoadError as scalar() does."""
        return self.scalar(key).text

    def text_or_empty(self, key: str) -> str:
        """Return a key's text, empty when it is missing, null or empty; raises LoadError when it is no scalar."""
        value = self.find(key)
        if value is None or is_null(value):
            return ""
        if not isinstance(value, Scalar):
            raise self.error("Value is not a scalar value", self.at(value))
        return value.text

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return a key's truth value; without a default the key must be there."""
        if default is not None and key not in self:
            return default
        value = self.scalar(key)
        truth = _truth(value.text)
        if truth is None:
            raise self.error("Can't decode YAML scalar value", self.at(value))
        return truth

    def number(self, key: str) -> int:
        """Return a key's unsigned number; raises LoadError."""
        value = self.scalar(key)
        number = unsigned(value.text)
        if number is None:
            raise self.error("Can't decode YAML scalar value", self.at(value))
        return number

    def texts(self, key: str, *, optional: bool = False) -> list[str]:
        """Return a key's list of scalars."""
        value = self.find(key)
        if value is None:
            if optional:
                return []
            raise self.error(f"Item has no mapping for key '{key}'")
        if not isinstance(value, Sequence):
            raise self.error("Value is not a sequence", self.at(value))
        return [self._element(element) for element in value.items]

    def _element(self, element: Node) -> str:
        if not isinstance(element, Scalar) or is_null(element):
            raise self.error("sequence value is not scalar", self.at(element))
        return element.text

    def elements(self, key: str, message: str) -> Iterator[Node]:
        """Yield the elements of a key's list; raises LoadError with `message` when it is no list."""
        value = self.find(key)
        if not isinstance(value, Sequence):
            raise self.error(message, self.place_of(key))
        yield from value.items

    def inner(self, node: Node, message: str) -> Item:
        """Return a nested mapping as an item of the same name; raises LoadError with `message` when it is none."""
        if not isinstance(node, Mapping):
            raise self.error(message, self.at(node))
        return Item(node, self.file, self.name)

    def unknown_keys(self, known: Iterable[str]) -> list[Scalar]:
        """Return the keys that nothing reads, in written order."""
        return [key for key, _value in self.node.entries if as_word(key) not in known]


def as_word(scalar: Scalar) -> str:
    """Return a scalar as yaml-cpp reads it where it wants text: null is the word null."""
    return "null" if is_null(scalar) else scalar.text


def is_null(node: Node) -> bool:
    """Say whether a node is YAML's null."""
    return isinstance(node, Scalar) and not node.quoted and node.text in _NULLS


def unsigned(text: str) -> int | None:
    """Return a 32-bit unsigned number written in decimal, octal or hexadecimal, else None."""
    found = _UNSIGNED.fullmatch(text)
    if found is None or len(found[1]) > 16:
        return None
    digits = found[1]
    try:
        number = int(digits, 8) if digits[0] == "0" and digits.isdigit() else int(digits, 0)
    except ValueError:
        return None
    return number if number < 1 << 32 else None


def _truth(text: str) -> bool | None:
    lower = text.lower()
    if text not in (lower, text.upper(), text.capitalize()):
        return None
    return True if lower in _TRUE else False if lower in _FALSE else None
