"""Reads one YAML document of rules item by item into the collector, with Falco's errors and warnings."""

from __future__ import annotations

import re
from collections.abc import Callable

from lanner.config.yamltext import Mapping, Node, Sequence
from lanner.rules.falco.definitions import ListItem, MacroItem, Written
from lanner.rules.falco.findings import LoadError, Place
from lanner.rules.falco.hints import nearest
from lanner.rules.falco.reading import Reading
from lanner.rules.falco.rule_reader import read_rule
from lanner.rules.falco.values import INVALID, Item, is_null, unsigned
from lanner.rules.falco.versions import Requirement, Version, engine_problem, parse_version, plugin_problem

WRONG = "LOAD_ERR_VALIDATE"
_list_name = re.compile(r"[^()\"' \t\n\r\f\v=,]+").fullmatch
_macro_name = re.compile(r"[a-zA-Z]+[a-zA-Z0-9_]*").fullmatch
_LIST_KEYS = ("list", "items", "append", "override")
_MACRO_KEYS = ("macro", "condition", "append", "override")


def read_document(reading: Reading, document: Node) -> None:
    """Read one YAML document; raises LoadError at the first mistake."""
    if is_null(document):
        return
    place = Place(reading.file, document.line, document.column)
    if not isinstance(document, Mapping | Sequence):
        raise LoadError(INVALID, "Rules content is not yaml", place)
    if not isinstance(document, Sequence):
        hint = "begin each item with '- ', so that the file is a list"
        raise LoadError(INVALID, "Rules content is not yaml array of objects", place, hint=hint)
    for node in document.items:
        if not is_null(node):
            _read_item(reading, node)


def _read_item(reading: Reading, node: Node) -> None:
    if not isinstance(node, Mapping):
        message = "Unexpected element type. Each element should be a yaml associative array."
        raise LoadError(INVALID, message, Place(reading.file, node.line, node.column))
    item = Item(node, reading.file)
    for kind, read in _READERS.items():
        if kind in item:
            read(reading, item)
            return
    written = next((key.text for key, _value in node.entries), "")
    hint = nearest(written, _READERS) or f"an item begins with one of {', '.join(_READERS)}"
    reading.warn("LOAD_UNKNOWN_ITEM", "Unknown top level item", item, hint=hint)


def _read_engine_version(reading: Reading, item: Item) -> None:
    value = item.scalar("required_engine_version")
    number = unsigned(value.text)
    version = parse_version(value.text) if number is None else Version(0, number, 0)
    if version is None:
        message = f"Unable to parse engine version '{value.text}' as a semver string. Expected \"x.y.z\" semver format."
        raise item.error(message, item.at(value))
    problem = engine_problem(version)
    if problem is not None:
        raise item.error(problem, item.at(value), WRONG)
    reading.warn_unknown_keys(item, ("required_engine_version",))


def _read_plugin_versions(reading: Reading, item: Item) -> None:
    message = "Value of required_plugin_versions must be a sequence"
    for node in item.elements("required_plugin_versions", message):
        plugin = item.inner(node, "Plugin version must be a mapping")
        wanted = [_requirement(plugin)]
        if "alternatives" in plugin:
            message = "Value of plugin version alternatives must be a sequence"
            others = plugin.elements("alternatives", message)
            no_map = "Plugin version alternative must be a mapping"
            wanted.extend(_requirement(plugin.inner(other, no_map)) for other in others)
        _check_plugins(plugin, wanted)
    reading.warn_unknown_keys(item, ("required_plugin_versions",))


def _requirement(plugin: Item) -> Requirement:
    plugin.name = plugin.text("name")
    return Requirement(plugin.name, plugin.text("version"))


def _check_plugins(plugin: Item, wanted: list[Requirement]) -> None:
    seen: set[str] = set()
    for name, version in wanted:
        if parse_version(version) is None:
            raise plugin.error(f"Invalid required version '{version}' for plugin '{name}'", code=WRONG)
        if name in seen:
            message = f"Defined multiple alternative version requirements for plugin '{name}'"
            raise plugin.error(message, code=WRONG)
        seen.add(name)
    problem = plugin_problem(wanted)
    if problem is not None:
        raise plugin.error(problem, code=WRONG)


def _read_list(reading: Reading, item: Item) -> None:
    item.name = item.text("list")
    if not _list_name(item.name):
        message = "List has an invalid name. List names should match a regular expression: ([^()\\\"'[:space:]=,]+)"
        reading.warn("LOAD_INVALID_LIST_NAME", message, item, item.place_of("list"))
    entry = ListItem(item.name, item.place, item.texts("items"))
    append = reading.append_flag(item)
    overrides = reading.overrides(item, ("items",), ("items",), append_flag=append)
    if append or overrides.append:
        reading.collector.append_list(entry)
    else:
        reading.collector.define_list(entry)
    reading.warn_unknown_keys(item, _LIST_KEYS)


def _read_macro(reading: Reading, item: Item) -> None:
    item.name = item.text("macro")
    if not _macro_name(item.name):
        message = "Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)"
        reading.warn("LOAD_INVALID_MACRO_NAME", message, item, item.place_of("macro"))
    entry = MacroItem(item.name, item.place, Written.of(item.scalar("condition"), item.file))
    append = reading.append_flag(item)
    overrides = reading.overrides(item, ("condition",), ("condition",), append_flag=append)
    if append or overrides.append:
        reading.collector.append_macro(entry)
    else:
        reading.collector.define_macro(entry)
    reading.warn_unknown_keys(item, _MACRO_KEYS)


_READERS: dict[str, Callable[[Reading, Item], None]] = {
    "required_engine_version": _read_engine_version,
    "required_plugin_versions": _read_plugin_versions,
    "list": _read_list,
    "macro": _read_macro,
    "rule": read_rule,
}
