"""Sigma's rules tried on decoded events in the plainest way: what lanner's conditions are held against."""

from __future__ import annotations

import fnmatch
import functools
import ipaddress
import re

WILDCARD = re.compile(r"\\([*?\\])|([*?])|(.)", re.DOTALL)


def values_at(value, steps):
    """All values at a path, through lists; keys may hold dots."""
    if isinstance(value, list):
        return [found for item in value for found in values_at(item, steps)]
    if not steps:
        return [] if value is None else [value]
    found = []
    if isinstance(value, dict):
        for end in range(1, len(steps) + 1):
            key = ".".join(steps[:end])
            if key in value:
                found += values_at(value[key], steps[end:])
    return found


def text_of(value):
    return {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)


@functools.cache
def pattern_of(text):
    """A regular expression for a text with Sigma's wildcards."""
    parts = []
    for escaped, wild, plain in WILDCARD.findall(text):
        parts.append({"*": ".*", "?": "."}[wild] if wild else re.escape(escaped or plain))
    return "".join(parts)


@functools.lru_cache(None, typed=True)
def compare(text, value, modifiers):
    """Whether the text of a value of an event is what a value of a rule says."""
    for name, holds in (
        ("lt", lambda a, b: a < b),
        ("lte", lambda a, b: a <= b),
        ("gt", lambda a, b: a > b),
        ("gte", lambda a, b: a >= b),
    ):
        if name in modifiers:
            return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None and holds(float(text), value)
    if "cidr" in modifiers:
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(value)
        except ValueError:
            return False
    if "re" in modifiers:
        flags = (re.IGNORECASE if "i" in modifiers else 0) | (re.DOTALL if "s" in modifiers else 0)
        return re.search(value, text, flags | re.ASCII) is not None
    pattern = pattern_of(text_of(value))
    pattern = f"{'.*' * bool({'contains', 'endswith'} & {*modifiers})}{pattern}"
    pattern = f"{pattern}{'.*' * bool({'contains', 'startswith'} & {*modifiers})}"
    flags = 0 if "cased" in modifiers else re.IGNORECASE | re.ASCII
    return re.fullmatch(pattern, text, flags | re.DOTALL) is not None


@functools.cache
def parsed(key):
    name, *modifiers = key.split("|")
    return name.replace("[*]", "").removeprefix("kubernetes.audit.").split("."), tuple(modifiers)


def item_holds(event, key, wanted):
    steps, modifiers = parsed(key)
    found = values_at(event, steps)
    wanted = wanted if isinstance(wanted, list) else [wanted]
    if "exists" in modifiers:
        return bool(found) is wanted[0]
    held = [
        not found if value is None else any(compare(text_of(one), value, modifiers) for one in found)
        for value in wanted
    ]
    return all(held) if "all" in modifiers else any(held)


def detection_holds(event, detection):
    if isinstance(detection, dict):
        return all(item_holds(event, key, wanted) for key, wanted in detection.items())
    return any(detection_holds(event, one) for one in detection)


class Detections(dict):
    """Truths of detections by name, found out when asked for."""

    def __init__(self, event, detection):
        super().__init__()
        self.event, self.detection = event, detection

    def __missing__(self, name):
        self[name] = detection_holds(self.event, self.detection[name])
        return self[name]


def rule_holds(event, detection):
    """Whether the detection part of a rule holds for an event."""
    names = tuple(name for name in detection if name != "condition")
    code = compiled(detection["condition"], names)
    return eval(code, {"__builtins__": {}}, Detections(event, detection))


@functools.cache
def compiled(condition, names):
    def of(match):
        pattern = "*" if match[2] == "them" else match[2]
        chosen = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        return f"({(' and ' if match[1] == 'all' else ' or ').join(chosen)})"

    return compile(re.sub(r"\b(1|any|all) of ([\w*]+)", of, condition), "condition", "eval")
