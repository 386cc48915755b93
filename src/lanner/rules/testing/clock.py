"""The times of a test's events: a second apart, or `at` an offset such as 5s, 2m or 1d from the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lanner.errors import SourceError

AT = "at"
_OFFSET = re.compile(r"(\d{1,8})(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_STAGE, _RECEIVED = "stageTimestamp", "requestReceivedTimestamp"


class Clock:
    """Gives the events of one test their times, counted from that of the base."""

    def __init__(self, base: Mapping[str, Any]) -> None:
        self._start = _parsed(base.get(_STAGE))
        self._offset: timedelta | None = None

    def timed(self, document: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event with its time; raises SourceError on an `at` that is no time."""
        at = document.pop(AT, None)
        if at is not None:
            self._offset = _offset(at)
        elif _STAGE in change or self._start is None:
            return document
        else:
            self._offset = timedelta() if self._offset is None else self._offset + timedelta(seconds=1)
        if self._start is None or not self._offset:
            return document
        try:
            text = f"{self._start + self._offset:%Y-%m-%dT%H:%M:%S.%f}Z"
        except OverflowError:
            raise SourceError(f"at: {at!r} is beyond the year 9999") from None
        return document | {_STAGE: text, _RECEIVED: change.get(_RECEIVED, text)}


def _offset(text: Any) -> timedelta:
    found = _OFFSET.fullmatch(str(text))
    if found is None:
        raise SourceError(f"at: {text!r} is no time after the first event; write 5s, 2m, 3h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _parsed(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
