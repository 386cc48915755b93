"""Turns a YAML node into a typed settings object, with errors that name the place and the nearest known key."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform, get_args, get_origin

import msgspec

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence, to_python
from lanner.errors import SourceError

T = TypeVar("T")

PathText = Annotated[str, msgspec.Meta(extra={"path": True})]
"""A path in settings; one that is relative counts from the folder of the settings file."""

_PATH = re.compile(r"(.*?)(?: - at `(?:key in )?\$(.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_REFUSED = re.compile(r"Invalid (?:enum )?value '(.*)'")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _SettingsMeta(msgspec.StructMeta):
    """Lets subclasses inherit keyword-only fields, and tells type checkers so."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **options})


class Settings(msgspec.Struct, metaclass=_SettingsMeta, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of every settings struct: unknown keys are errors."""


def convert(node: Node, kind: type[T], *, file: str = "") -> T:
    """Convert a node to the settings type; raise SourceError with line, column and what to write instead."""
    _refuse_duplicates(node, file)
    try:
        return msgspec.convert(to_python(node), kind)
    except msgspec.ValidationError as error:
        raise _located(str(error), node, kind, file) from None


def nearest(word: str, known: list[str]) -> str:
    """Return a hint such as "; did you mean 'path'?", else the list of what is known."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.55)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known here: {', '.join(sorted(known))}" if known else ""


def _refuse_duplicates(node: Node, file: str) -> None:
    if isinstance(node, Sequence):
        for item in node.items:
            _refuse_duplicates(item, file)
    elif isinstance(node, Mapping):
        seen: set[str] = set()
        for key, value in node.entries:
            if key.text in seen:
                message = f"the key '{key.text}' is given twice; keep one"
                raise SourceError(message, file=file, line=key.line, column=key.column)
            seen.add(key.text)
            _refuse_duplicates(value, file)


def _located(text: str, node: Node, kind: Any, file: str) -> SourceError:
    match = _PATH.match(text)
    message, path = (match[1], match[2] or "") if match else (text, "")
    words: list[str] = []
    for name, index in _STEP.findall(path):
        words = _tags(kind, name)
        node, kind = _descend(node, kind, name, index)
    unknown = _UNKNOWN.match(message)
    if unknown and isinstance(node, Mapping):
        word = unknown[1]
        message = f"unknown key '{word}'{nearest(word, _known_keys(kind, node))}"
        node = next((key for key, _ in node.entries if key.text == word), node)
    elif path:
        refused = _REFUSED.match(message)
        hint = nearest(refused[1], words or _literals(kind)) if refused else ""
        message = f"{path.lstrip('.')}: {message}{hint}"
    return SourceError(message, file=file, line=node.line, column=node.column)


def _descend(node: Node, kind: Any, name: str, index: str) -> tuple[Node, Any]:
    if name and isinstance(node, Mapping):
        return node.get(name) or node, _field_kind(kind, node, name)
    if index.isdigit() and isinstance(node, Sequence) and int(index) < len(node.items):
        return node.items[int(index)], _item_kind(kind)
    return node, kind


def _tags(kind: Any, name: str) -> list[str]:
    """List the words that a tag field of that name may have."""
    configs = [struct.__struct_config__ for struct in _struct_kinds(kind)]
    return [str(config.tag) for config in configs if config.tag_field == name]


def _literals(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _literals(part)]


def _struct_kinds(kind: Any) -> list[Any]:
    """List the struct types that an annotation allows."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [found for part in getattr(kind, "__args__", ()) for found in _struct_kinds(part)]


def _chosen(kind: Any, node: Mapping) -> list[Any]:
    """Keep the member of a tagged union that the node's tag names, else all of them."""
    kinds = _struct_kinds(kind)
    tagged = []
    for struct in kinds:
        config = struct.__struct_config__
        tag = node.get(config.tag_field) if config.tag_field else None
        if isinstance(tag, Scalar) and tag.text == config.tag:
            tagged.append(struct)
    return tagged or kinds


def _field_kind(kind: Any, node: Mapping, name: str) -> Any:
    for struct in _chosen(kind, node):
        for field in msgspec.structs.fields(struct):
            if field.encode_name == name:
                return field.type
    return Any


def _item_kind(kind: Any) -> Any:
    for part in (kind, *getattr(kind, "__args__", ())):
        if getattr(part, "__origin__", None) in (list, tuple):
            return part.__args__[0]
    return Any


def _known_keys(kind: Any, node: Mapping) -> list[str]:
    return [field.encode_name for struct in _chosen(kind, node) for field in msgspec.structs.fields(struct)]
