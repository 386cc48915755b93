"""Times as users write them in options."""

from __future__ import annotations

import datetime as dt

from lanner.errors import UsageError


def read_moment(text: str, option: str) -> dt.datetime | None:
    """Read an ISO 8601 time, UTC when no zone is given; None for an empty text. Raises UsageError."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no time; write 2026-11-24 or 2026-11-24T13:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
