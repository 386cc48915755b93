"""Reads `rule` items: definitions, `append: true`, `override`, and the old way to switch a rule on or off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanner.config.yamltext import Scalar
from lanner.rules.falco.definitions import (
    KNOWN_SOURCES,
    SYSCALL_SOURCE,
    ExceptionItem,
    RuleItem,
    RuleUpdate,
    Written,
)
from lanner.rules.falco.exceptions import read_exceptions
from lanner.rules.falco.findings import Place
from lanner.rules.falco.reading import Overrides, Reading
from lanner.rules.falco.values import Item
from lanner.rules.ruleset import PRIORITIES

APPENDABLE = ("condition", "exceptions", "output", "desc", "tags")
CAPTURE_NUMBERS = ("capture_duration", "capture_events", "capture_filesize")
REPLACEABLE = (
    *APPENDABLE, "priority", "capture", *CAPTURE_NUMBERS, "enabled", "warn_evttypes", "skip-if-unknown-filter",
)  # fmt: skip
_FORGOTTEN = ("capture_events", "capture_filesize")
"""Keys that Falco reads and nevertheless calls unknown."""

RULE_KEYS = ("rule", *(key for key in REPLACEABLE if key not in _FORGOTTEN), "source", "append", "override")

_ENABLED_IS_OLD = (
    "The standalone 'enabled' key usage is deprecated. "
    "The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace')."
)
_PRIORITY_NAMES = {name.lower(): name for name in PRIORITIES} | {"info": "Informational"}


def read_rule(reading: Reading, item: Item) -> None:
    """Read one rule item into the collector; raises LoadError."""
    item.name = item.text("rule")
    source = item.text_or_empty("source")
    append_flag = reading.append_flag(item)
    overrides = reading.overrides(item, APPENDABLE, REPLACEABLE, append_flag=append_flag)
    if overrides.any:
        _override(reading, item, source, overrides)
    elif append_flag:
        _append(reading, item, source)
    elif any(key in item for key in ("condition", "output", "desc", "priority")):
        _define(reading, item)
    else:
        enabled = item.flag("enabled")
        reading.warn("LOAD_DEPRECATED_ITEM", _ENABLED_IS_OLD, item, item.place_of("enabled"))
        reading.collector.enable_rule(item.name, item.place, enabled=enabled)
    reading.warn_unknown_keys(item, RULE_KEYS)


def _override(reading: Reading, item: Item, source: str, overrides: Overrides) -> None:
    left = {key for key in REPLACEABLE if key in item}
    for word, keys, apply in (
        ("append", overrides.append, reading.collector.append_rule),
        ("replace", overrides.replace, reading.collector.replace_rule),
    ):
        if keys:
            update = _update(reading, item, keys, left, word)
            # Falco compares the source only where the condition is touched.
            update.source = source if "condition" in keys else ""
            apply(update)
    for key in sorted(left):
        message = f"Unexpected key '{key}': no corresponding entry under 'override' is defined."
        raise item.error(message, item.place_of(key))


def _update(reading: Reading, item: Item, keys: set[str], left: set[str], word: str) -> RuleUpdate:
    update = RuleUpdate(item.name, item.place)
    for key in REPLACEABLE:
        if key not in keys:
            continue
        if key not in left:
            raise item.error(f"An {word} override for '{key}' was specified but '{key}' is not defined")
        left.discard(key)
        _READERS[key](update, reading, item, word == "append")
    return update


def _append(reading: Reading, item: Item, source: str) -> None:
    update = RuleUpdate(item.name, item.place, source)
    for key in ("condition", "exceptions"):
        if key in item:
            _READERS[key](update, reading, item, True)
    reading.collector.append_rule(update)


def _define(reading: Reading, item: Item) -> None:
    condition = _written(item, "condition")
    output = _written(item, "output")
    # Falco trims the output of a definition only, and reads the priority's text before it judges it.
    output.text = output.text.strip(" \t\n\r\f\v")
    description = item.text("desc")
    rule = RuleItem(item.name, item.place, condition, output, description, _priority(item), SYSCALL_SOURCE)
    if "source" in item:
        rule.source = item.text("source")
    rule.enabled = item.flag("enabled", default=True)
    _check_capture(item)
    rule.warn_types = item.flag("warn_evttypes", default=True)
    rule.skip_unknown = item.flag("skip-if-unknown-filter", default=False)
    rule.tags = set(item.texts("tags", optional=True))
    rule.exceptions = _exceptions(reading, item, appended=False)
    reading.collector.check_source(rule.name, rule.source, rule.place)
    if rule.source not in KNOWN_SOURCES:
        reading.warn("LOAD_UNKNOWN_SOURCE", f"Unknown source {rule.source}, skipping", item, item.place_of("source"))
    reading.collector.define_rule(rule)


def _check_capture(item: Item) -> None:
    item.flag("capture", default=False)
    for key in CAPTURE_NUMBERS:
        if key in item:
            item.number(key)


def _written(item: Item, key: str) -> Written:
    return Written.of(item.scalar(key), item.file)


def _priority(item: Item) -> str:
    value: Scalar = item.scalar("priority")
    name = _PRIORITY_NAMES.get(value.text.lower())
    if name is None:
        error = item.error("Invalid priority", item.at(value))
        error.hint = f"known are {', '.join(PRIORITIES)}"
        raise error
    return name


def _exceptions(reading: Reading, item: Item, *, appended: bool) -> list[ExceptionItem]:
    def warn(code: str, message: str, place: Place) -> None:
        reading.warn(code, message, item, place)

    return read_exceptions(item, warn, appended=appended)


def _read_condition(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.condition = _written(item, "condition")


def _read_output(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.output = _written(item, "output")


def _read_description(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.description = item.text("desc")


def _read_tags(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.tags = set(item.texts("tags"))


def _read_exceptions(update: RuleUpdate, reading: Reading, item: Item, append: bool) -> None:
    update.exceptions = _exceptions(reading, item, appended=append)


def _read_priority(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.priority = _priority(item)


def _read_enabled(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.enabled = item.flag("enabled")


def _read_skip_unknown(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.skip_unknown = item.flag("skip-if-unknown-filter")


def _read_evttypes(update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    update.warn_types = item.flag("warn_evttypes")


def _read_capture(_update: RuleUpdate, _reading: Reading, item: Item, _append: bool) -> None:
    item.flag("capture")


def _read_capture_number(key: str) -> Callable[[RuleUpdate, Reading, Item, bool], Any]:
    return lambda _update, _reading, item, _append: item.number(key)


_READERS: dict[str, Callable[[RuleUpdate, Reading, Item, bool], Any]] = {
    "condition": _read_condition,
    "exceptions": _read_exceptions,
    "output": _read_output,
    "desc": _read_description,
    "tags": _read_tags,
    "priority": _read_priority,
    "enabled": _read_enabled,
    "warn_evttypes": _read_evttypes,
    "skip-if-unknown-filter": _read_skip_unknown,
    "capture": _read_capture,
    **{key: _read_capture_number(key) for key in CAPTURE_NUMBERS},
}
