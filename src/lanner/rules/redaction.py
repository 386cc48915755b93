"""Rules that a redacted archive cannot answer as the stream did: they compare values that redaction replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from lanner.audit.pointer import parse_pointer
from lanner.audit.redaction.names import name_test
from lanner.audit.redaction.settings import RedactionSettings
from lanner.rules import ir
from lanner.rules.access import twin
from lanner.rules.bodies import fields_in
from lanner.rules.check import literals
from lanner.rules.index import checks_in, simplify
from lanner.rules.outline import operand_text

CODE = "LANNER_REDACTED"
_RESOURCE = "ka.target.resource"
_BODIES = ("requestObject", "responseObject")
_WORD_LISTS = ("args", "command")
_WHOLE_EVENT = frozenset({"jevt.obj", "json.obj", "evt.plugininfo"})
_POINTERS = frozenset({"jevt.value", "json.value"})
_BY_PREFIX = frozenset({"startswith", "bstartswith", "pmatch"})
_BY_EQUALITY = frozenset({"=", "==", "!=", "in"})


class Conflict(msgspec.Struct, frozen=True):
    """A check whose answer may differ: the field as written, the parts of the settings, where it stands.

    `offset` counts characters of the condition's text from 0.
    """

    field: str
    parts: tuple[str, ...]
    offset: int = 0

    @property
    def message(self) -> str:
        """Say it in words."""
        parts = ", ".join(self.parts)
        return f"{self.field} reads what redaction replaces in the archive ({parts}): there a hunt may answer otherwise"


class _Place(NamedTuple):
    """Where values of a part stand in a body; objects of a list stand below its items."""

    part: str
    keys: tuple[str, ...]
    resource: str | None = None


_PLACES = (
    _Place("secrets", ("data",), "secrets"),
    _Place("secrets", ("stringData",), "secrets"),
    _Place("configmaps", ("data",), "configmaps"),
    _Place("configmaps", ("binaryData",), "configmaps"),
    _Place("tokens", ("status", "token"), "serviceaccounts"),
    _Place("tokens", ("spec", "token"), "tokenreviews"),
    _Place("certificates", ("spec", "request"), "certificatesigningrequests"),
    _Place("certificates", ("status", "certificate"), "certificatesigningrequests"),
)


def conflicts(condition: ir.Condition, settings: RedactionSettings) -> list[Conflict]:
    """Return the checks of a condition that compare redacted values, each field once, in the order of the text.

    Whatever has a secret's own form (the part `patterns`) may stand anywhere and is not told, nor are further rules of
    the settings whose paths and keys are not asked for by a pointer.
    """
    if not settings.enabled:
        return []
    found: dict[ir.Field, dict[str, None]] = {}
    for places, part_of_condition in _by_resource(condition, settings):
        for check in checks_in(part_of_condition):
            for field in _compared(check):
                parts = _parts(field, check, places, settings)
                if parts:
                    found.setdefault(field, {}).update(dict.fromkeys(parts))
    told = [Conflict(operand_text(field), tuple(parts), field.offset) for field, parts in found.items()]
    return sorted(told, key=lambda conflict: conflict.offset)


def _by_resource(condition: ir.Condition, settings: RedactionSettings) -> Iterator[tuple[list[_Place], ir.Condition]]:
    """Give places and what is left of the condition for events in which they occur."""
    places = [place for place in _PLACES if place.part in settings.parts]
    if "annotations" in settings.parts:
        yield [_Place("annotations", ("metadata", "annotations", name)) for name in settings.annotations], condition
    for resource in dict.fromkeys(place.resource for place in places):
        left = simplify(condition, {_RESOURCE: resource})
        if not isinstance(left, bool):
            yield [place for place in places if place.resource == resource], left
    yield [], condition


def _compared(check: ir.Compare | ir.Exists) -> Iterator[ir.Field]:
    # A mark exists where a value did.
    if isinstance(check, ir.Compare):
        yield from fields_in(check.left)
        yield from fields_in(check.right)


def _parts(
    field: ir.Field, check: ir.Compare | ir.Exists, places: list[_Place], settings: RedactionSettings
) -> list[str]:
    if (field.name == "ka.uri" or twin(field) == "ka.uri") and isinstance(check, ir.Compare):
        return ["arguments"] if "arguments" in settings.parts and _reads_query(check) else []
    if field.name == "ka.uri.param":
        return ["arguments"] if "arguments" in settings.parts and _is_secret(field.argument or "", settings) else []
    if field.name in _WHOLE_EVENT:
        return [place.part for place in places]
    keys = _keys(field)
    if keys is None:
        return []
    return [place.part for place in places if _meet(keys, place.keys)] + _anywhere(keys, settings)


def _reads_query(check: ir.Compare) -> bool:
    """Say whether a check of the URI may see what stands behind its question mark."""
    if check.operator in _BY_PREFIX or not isinstance(check.right, ir.Text | ir.Values):
        return check.operator not in _BY_PREFIX
    texts = literals(check.right)
    if check.operator in _BY_EQUALITY:
        return any("?" in text for text in texts)
    return any("/" not in text or set(text) & set("=?&%") for text in texts)


def _is_secret(name: str, settings: RedactionSettings) -> bool:
    return name in ("command", "cmd") or name_test(settings.names, settings.plain_names)(name.encode())


def _keys(field: ir.Field) -> tuple[str, ...] | None:
    """Return the way from a body to what a field reads; None where it reads no body."""
    if field.name == "ka.req.configmap.obj":
        return ("data",)
    if field.name.startswith("ka.req.pod.") and field.name.endswith((".args", ".command")):
        return ("spec", *field.name.split(".")[3:])
    if field.argument is None or field.name not in (*_POINTERS, "lanner.each"):
        return None
    body, *keys = parse_pointer(field.argument) if field.name in _POINTERS else field.argument.split(".")
    if body not in _BODIES:
        return None
    listed = keys[:1] == ["items"] and len(keys) > 1
    placed = listed and (field.name in _POINTERS or keys[1].isdecimal())
    return tuple(keys[1 + placed :] if listed else keys)


def _meet(keys: tuple[str, ...], place: tuple[str, ...]) -> bool:
    """Say whether one is on the way to the other."""
    shared = min(len(keys), len(place))
    return keys[:shared] == place[:shared]


def _anywhere(keys: tuple[str, ...], settings: RedactionSettings) -> list[str]:
    """Return the parts whose values stand at any depth."""
    asked: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("environment", lambda key: key in ("env", "httpHeaders")),
        ("arguments", lambda key: key in _WORD_LISTS),
    )
    return [part for part, fits in asked if part in settings.parts and any(map(fits, keys))]
