"""Figures and texts as people read them: counts, bytes, durations, and control characters made visible."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def visible(text: str, longest: int) -> str:
    """Show what would be invisible or reorder the text around it (Unicode Cc, bidi and zero-width), and cut it."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return _INVISIBLE.sub(_shown, cut)


def _shown(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found.group()):04X}⟩"


def count(value: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{round(value):,}".replace(",", "\u202f")


def size(value: float) -> str:
    """Write bytes in the nearest unit of 1024, as in `3.4 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def duration(seconds: float) -> str:
    """Write a duration in the unit that leaves two or three digits."""
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.{1 if seconds < 0.01 else 0}f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else _hours(seconds / 3600)


def _hours(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} d"
