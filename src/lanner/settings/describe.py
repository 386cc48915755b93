"""What each key of lanner.yaml is, read off the structs: the ground of `lanner init` and of the reference page."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from lanner.settings.elsewhere import DESCRIPTIONS


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `choices` is empty unless only some words are allowed; `default` is msgspec.NODEFAULT when required.

    `structs` are the structs below it: one for a section, several for a list of tagged kinds.
    """

    name: str
    kind: str
    choices: tuple[str, ...]
    default: Any
    description: str
    structs: tuple[type[msgspec.Struct], ...]
    is_list: bool


def keys(struct: type[msgspec.Struct]) -> Iterator[Key]:
    """List the keys of a settings struct in their order."""
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        structs = tuple(_structs(hint))
        yield Key(
            name=field.encode_name,
            kind=_kind(hint),
            choices=tuple(str(word) for word in _literals(hint)),
            default=_default(field),
            description=_description(struct, field.name, hint),
            structs=structs,
            is_list=bool(structs) and typing.get_origin(_bare(hint)) in (tuple, list),
        )


def tag(struct: type[msgspec.Struct]) -> str:
    """Return the word that `type` has for a struct of a list of kinds, empty for others."""
    found = struct.__struct_config__.tag
    return str(found) if found else ""


def summary(struct: type[msgspec.Struct]) -> str:
    """Return a struct's docstring as one paragraph."""
    return " ".join(inspect.cleandoc(struct.__doc__ or "").split())


def _default(field: Any) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _description(struct: type[msgspec.Struct], name: str, hint: Any) -> str:
    for extra in getattr(hint, "__metadata__", ()):
        if getattr(extra, "description", None):
            return str(extra.description)
    return DESCRIPTIONS.get((struct, name), "")


def _bare(hint: Any) -> Any:
    return typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    hint = _bare(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in typing.get_args(hint):
        yield from _structs(part)


def _literals(hint: Any) -> tuple[Any, ...]:
    hint = _bare(hint)
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)
    return tuple(word for part in typing.get_args(hint) for word in _literals(part))


_NAMES: Mapping[Any, str] = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def _kind(hint: Any) -> str:
    """Name a type for people."""
    hint = _bare(hint)
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in _NAMES:
        return _NAMES[hint]
    if origin is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in parts)
    if origin in (tuple, list):
        return f"list of {_kind(parts[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "mapping of text"
    if _is_union(hint) and types.NoneType in parts:
        return f"{_kind(parts[0])}, or null"
    return "sections" if _is_union(hint) else "section"
