"""Holds back what a rule says again and again of the same: rules ask for it by a tag such as `once:1h`.

Alerts are the same that have rule, actor, whom he impersonates, credential, address and kind of object in common.
What is held back is counted, and the next alert that is told says how many there were. Time is that of events.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable

from lanner.detect.alert import Alert, time_seconds
from lanner.rules.ruleset import Rule

KEYS = 100_000
HELD_BACK = "held_back"
_TAG = re.compile(r"once:([1-9]\d{0,5})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Key = tuple[str, ...]


class Repeats:
    """`held_back` counts alerts by rule that were not told."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        spans = {rule.name: span_of(rule.tags) for rule in rules}
        self.spans = {name: span for name, span in spans.items() if span}
        self.held_back: dict[str, int] = {}
        self._told: OrderedDict[Key, tuple[float, int]] = OrderedDict()

    def tell(self, alert: Alert) -> bool:
        """Say whether an alert is to be told; alerts come in the order of firing."""
        span = self.spans.get(alert.rule)
        if span is None:
            return True
        key, now = _key(alert), time_seconds(alert.time)
        last, held = self._told.get(key, (float("-inf"), 0))
        if now - last < span:
            self._told[key] = (last, held + 1)
            self.held_back[alert.rule] = self.held_back.get(alert.rule, 0) + 1
            return False
        self._told[key] = (now, 0)
        self._told.move_to_end(key)
        if len(self._told) > KEYS:
            self._told.popitem(last=False)
        if held:
            alert.output_fields[HELD_BACK] = held
        return True

    def follow(self, before: Repeats) -> None:
        """Go on where the repeats of the rules before these are."""
        self._told, self.held_back = before._told, before.held_back


def span_of(tags: Iterable[str]) -> int:
    """Return for how many seconds a rule's tags ask for silence, 0 where none does."""
    found = (_TAG.fullmatch(tag) for tag in tags)
    return max((int(tag[1]) * _UNITS[tag[2]] for tag in found if tag), default=0)


def _key(alert: Alert) -> Key:
    origin = alert.lanner
    kind = "/".join(origin.object.split("/")[:2])
    return alert.rule, origin.actor, origin.impersonated, origin.credential, origin.address, kind
