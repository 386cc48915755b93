"""The text of `lanner policy simulate`: the sum first, then what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lanner.policy.comparison import Comparison, Difference
from lanner.policy.summary import PackedSizes, Row, Summary

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_KEY_WIDTH = 58


def summary_lines(summary: Summary) -> Iterator[str]:
    """Say what a policy keeps of a log."""
    yield f"{summary.policy}"
    yield from _sums(summary)
    yield from _span(summary)
    yield from _money(summary)
    yield from _api_server(summary)
    yield from (f"note: {text}" for text in summary.notes)
    if summary.refused:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in summary.refused_reasons.items())
        yield f"note: {summary.refused} lines are no events and not counted: {reasons}"
    yield from _causes(summary)
    yield from _table("by rule", summary.by_rule)
    yield from _table("by level", summary.by_level)
    yield from _table("by resource", summary.by_resource)
    yield from _table("by user", summary.by_user)
    yield from _table("by stage", summary.by_stage)
    yield from _table("by verb", summary.by_verb)
    yield ""


def _sums(summary: Summary) -> Iterator[str]:
    yield f"{'':<12}{'now':>14}{'kept':>14}"
    yield _sum("events", f"{summary.events_now:,}", f"{summary.events_kept:,}", summary.events_now, summary.events_kept)
    now, kept = summary.bytes_now, summary.bytes_kept
    yield _sum("bytes", size(now), size(kept), now, kept)
    if summary.packed_now and summary.packed_kept:
        for name in ("zstd", "gzip"):
            yield _packed(name, summary.packed_now, summary.packed_kept)
    if summary.gaps.bodies or summary.gaps.unseen_events:
        yield f"with what the log lacks: {_bounds(summary)}"


def _bounds(summary: Summary) -> str:
    likely = size(summary.bytes_kept_likely)
    if summary.bytes_kept_most is None:
        return f"{likely} and more; there is no upper bound"
    return f"about {likely}, {size(summary.bytes_kept_most)} if each body were as large as the largest of its kind"


def _sum(name: str, now: str, kept: str, before: float, after: float) -> str:
    return f"{name:<12}{now:>14}{kept:>14}{change(before, after):>10}"


def _packed(name: str, now: PackedSizes, kept: PackedSizes) -> str:
    before, after = getattr(now, name), getattr(kept, name)
    sampled = f"  sampled, +-{size(before.error)} and +-{size(after.error)}" if before.error or after.error else ""
    return _sum(f"as {name}", size(before.bytes), size(after.bytes), before.bytes, after.bytes) + sampled


def _span(summary: Summary) -> Iterator[str]:
    span = summary.span
    if span is None:
        return
    yield f"from {span.start} to {span.end}"
    if span.bytes_per_day_now is not None and span.bytes_per_day_kept is not None:
        yield f"a day: {size(span.bytes_per_day_now)} now, {size(span.bytes_per_day_kept)} kept"


def _money(summary: Summary) -> Iterator[str]:
    if not summary.money:
        return
    yield ""
    yield f"dollars a month, {summary.retention_days} days kept; list prices, write yours into `prices:` of lanner.yaml"
    for cost in summary.money:
        dated = f" ({cost.price.date})" if cost.price.date else ""
        row = f"{cost.name:<16}{money(cost.now):>14}{money(cost.kept):>14}{change(cost.now, cost.kept):>10}"
        yield f"  {row}  {cost.price.assumption}{dated}".rstrip()


def _api_server(summary: Summary) -> Iterator[str]:
    found = summary.api_server
    if found is not None:
        yield ""
        yield (
            f"auditing's work in the API server: {found.least:.0%} to {found.most:.0%} of today's, between the share of"
            " events and that of bytes (docs/policy-costs.md)"
        )


def _causes(summary: Summary) -> Iterator[str]:
    if summary.dropped:
        yield ""
        yield "what falls away"
    for cause in summary.dropped:
        share = cause.bytes / summary.bytes_now if summary.bytes_now else 0
        yield f"  {cause.cause:<20}{cause.events:>12,} events{size(cause.bytes):>12}{share:>8.1%}"


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"{title:<{_KEY_WIDTH + 2}}{'events':>10}{'kept':>10}{'bytes':>11}{'kept':>11}"
    for row in rows:
        key = f"line {row.line}: {row.key}" if row.line else row.key or "(none)"
        yield (
            f"  {_short(key):<{_KEY_WIDTH}}{row.events_now:>10,}{row.events_kept:>10,}"
            f"{size(row.bytes_now):>11}{size(row.bytes_kept):>11}{change(row.bytes_now, row.bytes_kept):>9}"
        )


def _short(key: str) -> str:
    key = "".join(letter if letter.isprintable() else "?" for letter in key)
    return key if len(key) < _KEY_WIDTH else key[: _KEY_WIDTH - 4] + "..."


def comparison_lines(compared: Comparison, first: Summary, second: Summary) -> Iterator[str]:
    """Say where two policies part."""
    yield f"{compared.second} against {compared.first}"
    yield f"{'kept':<{_KEY_WIDTH + 2}}{'first':>12}{'second':>12}"
    total = compared.total
    yield (
        f"  {'events':<{_KEY_WIDTH}}{total.events_first:>12,}{total.events_second:>12,}"
        f"{change(total.events_first, total.events_second):>10}"
    )
    yield _difference(total._replace(key="bytes"))
    for one, other in zip(first.money, second.money, strict=True):
        yield (
            f"  {'dollars a month, ' + one.name:<{_KEY_WIDTH}}{money(one.kept):>12}{money(other.kept):>12}"
            f"{change(one.kept, other.kept):>10}"
        )
    for title, rows in (
        ("by level", compared.by_level),
        ("by resource", compared.by_resource),
        ("by user", compared.by_user),
        ("by stage", compared.by_stage),
        ("by verb", compared.by_verb),
    ):
        if rows:
            yield ""
            yield title
            yield from map(_difference, rows)


def _difference(found: Difference) -> str:
    first, second = size(found.bytes_first), size(found.bytes_second)
    return (
        f"  {_short(found.key):<{_KEY_WIDTH}}{first:>12}{second:>12}{change(found.bytes_first, found.bytes_second):>10}"
    )


def size(count: float) -> str:
    """Return bytes for people, in powers of 1000."""
    unit = 0
    while abs(count) >= 999.5 and unit < len(_UNITS) - 1:
        count /= 1000
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.3g} {_UNITS[unit]}"


def money(dollars: float) -> str:
    """Return dollars for people."""
    return f"${dollars:,.2f}" if dollars < 1000 else f"${dollars:,.0f}"


def change(before: float, after: float) -> str:
    """Return how much more or less, in percent."""
    if not before:
        return "new" if after else ""
    return f"{(after - before) / before:+.1%}"
