"""JSON values into Go's types as sigs.k8s.io/json does: case-sensitive keys, unknown and duplicate ones remarked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lanner.policy.decoding.quoting import quote
from lanner.policy.decoding.schema import Many, Plain, Struct, Table, Type
from lanner.policy.decoding.times import time_mistake
from lanner.policy.decoding.value import GoError, Key, Value

_MAX_REMARKS = 100


class Remark(NamedTuple):
    """A key that strict decoding objects to, in kube-apiserver's words, and where it stands."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class Decoded:
    """What came of a value: nested dicts and lists of what was set, and remarks in the order they were found."""

    value: Any
    remarks: list[Remark]


def decode(value: Value, type_: Type, *, sort: bool) -> Decoded:
    """Decode a value; raises GoError on the first value of a wrong type. `sort`: YAML's keys come in byte order."""
    decoder = _Decoder(sort)
    result = decoder.into(type_, value, None)
    if decoder.error is not None:
        raise decoder.error
    return Decoded(result, decoder.remarks)


@dataclass(slots=True)
class _Decoder:
    sort: bool
    remarks: list[Remark] = field(default_factory=list)
    error: GoError | None = None
    fields: list[str] = field(default_factory=list)
    struct: str = ""
    path: str = ""

    def into(self, type_: Type, value: Value, old: Any) -> Any:
        """Return the value as a type has it; `old` is what a duplicate key set before, which Go decodes over."""
        if value.kind == "null":
            return old if isinstance(type_, Struct | Plain) else None
        if isinstance(type_, Plain):
            return self._plain(type_, value, old)
        if isinstance(type_, Many):
            return self._many(type_, value, old)
        if value.kind != "object":
            self._wrong(value, type_.name)
            return old
        return self._struct(type_, value, old) if isinstance(type_, Struct) else self._table(type_, value, old)

    def _wrong(self, value: Value, type_name: str, shown: str = "") -> None:
        if self.error is None:
            self.error = self._type_error(value, type_name, shown)

    def _type_error(self, value: Value, type_name: str, shown: str = "") -> GoError:
        target = f"Go struct field {self.struct}.{'.'.join(self.fields)}" if self.struct else "Go value"
        message = f"json: cannot unmarshal {shown or value.kind} into {target} of type {type_name}"
        return GoError(message, line=value.line, column=value.column)

    def _plain(self, type_: Plain, value: Value, old: Any) -> Any:
        if type_.kind == "any":
            return value
        if type_.kind == "time":
            return self._time(value)
        wanted = "number" if type_.kind == "int64" else type_.kind
        if value.kind != wanted:
            self._wrong(value, type_.name)
            return old
        if type_.kind == "int64":
            return self._whole(type_, value)
        return value.text == "true" if type_.kind == "bool" else value.text

    def _whole(self, type_: Plain, value: Value) -> int | None:
        if re.fullmatch(r"-?[0-9]{1,19}", value.text) and -(2**63) <= int(value.text) < 2**63:
            return int(value.text)
        self._wrong(value, type_.name, f"number {value.text}")
        return None

    def _time(self, value: Value) -> str:
        if value.kind != "string":
            raise self._type_error(value, "string")
        mistake = time_mistake(value.text)
        if mistake is not None:
            raise GoError(mistake, line=value.line, column=value.column)
        return value.text

    def _many(self, type_: Many, value: Value, old: Any) -> Any:
        if value.kind != "array":
            self._wrong(value, type_.name)
            return old
        before, path = old or [], self.path
        found = []
        for index, item in enumerate(value.items):
            self.path = f"{path}[{index}]"
            found.append(self.into(type_.of, item, before[index] if index < len(before) else None))
        self.path = path
        return found

    def _table(self, type_: Table, value: Value, old: Any) -> Any:
        found, path = dict(old or {}), self.path
        seen: set[str] = set()
        for key, item in self._entries(value):
            if key.text in seen:
                self._remark("duplicate", key)
            seen.add(key.text)
            self.path = _below(path, key.text)
            found[key.text] = self.into(type_.of, item, None)
            self.path = path
        return found

    def _struct(self, type_: Struct, value: Value, old: Any) -> Any:
        found, seen = dict(old or {}), set[str]()
        struct, path, depth = self.struct, self.path, len(self.fields)
        for key, item in self._entries(value):
            inner = type_.fields.get(key.text)
            if inner is None:
                self._remark("unknown", key)
                continue
            if key.text in seen:
                self._remark("duplicate", key)
            seen.add(key.text)
            self.fields += [name for name in (type_.embedded.get(key.text), key.text) if name]
            self.struct, self.path = type_.short, _below(path, key.text)
            found[key.text] = self.into(inner, item, found.get(key.text))
            self.struct, self.path = struct, path
            del self.fields[depth:]
        return found

    def _entries(self, value: Value) -> Iterator[tuple[Key, Value]]:
        ordered = sorted(value.entries, key=lambda entry: entry[0].text) if self.sort else value.entries
        return iter(ordered)

    def _remark(self, what: str, key: Key) -> None:
        text = f"{what} field {quote(_below(self.path, key.text))}"
        if len(self.remarks) < _MAX_REMARKS and all(text != remark.text for remark in self.remarks):
            self.remarks.append(Remark(text, key.line, key.column))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
