"""A simulation's result as plain data: what is printed as JSON, and what the text is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from lanner.policy.apiserver_cost import ApiServerCost, api_server_cost
from lanner.policy.compression import Packed, Sampler
from lanner.policy.gaps import Gaps
from lanner.policy.model import GroupResources, PolicyRule
from lanner.policy.prices import DAYS_A_MONTH, Cost, PriceSettings, Volume, costs, table
from lanner.policy.simulation import Simulation, Tally

DAY_SECONDS = 86_400
SHORT_SPAN = 3600
"""A log shorter than this, in seconds, says little about a month."""


class Row(NamedTuple):
    """One line of a table: a key and its counts; `line` is that of a rule in its file, else 0."""

    key: str
    events_now: int
    bytes_now: int
    events_kept: int
    bytes_kept: int
    line: int = 0


class Cause(NamedTuple):
    """Why bytes fell away, in how many events."""

    cause: str
    events: int
    bytes: int


class PackedSizes(NamedTuple):
    """A log packed: by zstd (level 3) and by gzip (level 6), with half the 95 % interval where it was sampled."""

    zstd: Packed
    gzip: Packed


class Span(NamedTuple):
    """What time a log covers, and what a day and a month of it are. None where no rate can be told."""

    start: str
    end: str
    seconds: float
    events_per_day: float | None
    bytes_per_day_now: float | None
    bytes_per_day_kept: float | None
    factor: float


class Summary(msgspec.Struct, kw_only=True):
    """What a log is, what a policy keeps of it, and what cannot be known; bytes include newlines, money is dollars."""

    policy: str
    events_now: int
    bytes_now: int
    events_kept: int
    bytes_kept: int
    bytes_kept_likely: int
    bytes_kept_most: int | None
    dropped: list[Cause]
    packed_now: PackedSizes | None
    packed_kept: PackedSizes | None
    span: Span | None
    money: list[Cost]
    retention_days: int
    api_server: ApiServerCost | None
    gaps: Gaps
    notes: list[str]
    by_rule: list[Row]
    by_level: list[Row]
    by_resource: list[Row]
    by_user: list[Row]
    by_stage: list[Row]
    by_verb: list[Row]
    refused: int
    refused_reasons: dict[str, int]


def summarize(
    simulation: Simulation,
    *,
    prices: PriceSettings = PriceSettings(),  # noqa: B008 - frozen
    events_per_day: float | None = None,
    scale: float = 1.0,
    top: int | None = None,
) -> Summary:
    """Return what was counted.

    A month is the log's span repeated, times `scale`; with `events_per_day` the log's mix of events at that rate.
    `top` limits resources and users to the largest.
    """
    total, gaps = simulation.total, simulation.gaps.gaps()
    span = _span(simulation, events_per_day, scale)
    packed_now, packed_kept = _packed(simulation.packed_now), _packed(simulation.packed_kept)
    return Summary(
        policy=simulation.policy.file,
        events_now=total.events_now,
        bytes_now=total.bytes_now,
        events_kept=total.events_kept,
        bytes_kept=total.bytes_kept,
        bytes_kept_likely=total.bytes_kept + gaps.likely + gaps.unseen_bytes,
        bytes_kept_most=None if gaps.unknown else total.bytes_kept + gaps.most + gaps.unseen_bytes,
        dropped=[Cause(cause, loss.events, loss.bytes) for cause, loss in sorted(simulation.losses.items())],
        packed_now=packed_now,
        packed_kept=packed_kept,
        span=span,
        money=_money(simulation, span, packed_now, packed_kept, prices),
        retention_days=prices.retention_days,
        api_server=api_server_cost(total),
        gaps=gaps,
        notes=_notes(gaps, span, events_per_day),
        by_rule=_rules(simulation),
        by_level=_rows(simulation.by_level),
        by_resource=_rows(simulation.by_resource)[:top],
        by_user=_rows(simulation.by_user)[:top],
        by_stage=_rows(simulation.by_stage),
        by_verb=_rows(simulation.by_verb),
        refused=simulation.refused.total(),
        refused_reasons=dict(simulation.refused.most_common()),
    )


def _packed(sampler: Sampler | None) -> PackedSizes | None:
    return PackedSizes(sampler.zstd(), sampler.gzip()) if sampler else None


def _span(simulation: Simulation, events_per_day: float | None, scale: float) -> Span | None:
    first, last = simulation.first_ns, simulation.last_ns
    if first is None or last is None:
        return None
    total, seconds = simulation.total, simulation.seconds
    days = total.events_now / events_per_day if events_per_day else seconds / DAY_SECONDS
    factor = scale / days if days else None
    return Span(
        _moment(first),
        _moment(last),
        seconds,
        total.events_now * factor if factor else None,
        total.bytes_now * factor if factor else None,
        total.bytes_kept * factor if factor else None,
        factor or 0.0,
    )


def _moment(nanoseconds: int) -> str:
    return dt.datetime.fromtimestamp(nanoseconds / 1e9, dt.UTC).isoformat(timespec="seconds")


def _money(
    simulation: Simulation,
    span: Span | None,
    now: PackedSizes | None,
    kept: PackedSizes | None,
    prices: PriceSettings,
) -> list[Cost]:
    if span is None or not span.factor:
        return []
    months = span.factor * DAYS_A_MONTH
    total = simulation.total
    return costs(
        table(prices),
        _volume(total.bytes_now, now, months),
        _volume(total.bytes_kept, kept, months),
        prices.retention_days,
    )


def _volume(raw: int, packed: PackedSizes | None, months: float) -> Volume:
    gzip, zstd = (packed.gzip.bytes, packed.zstd.bytes) if packed else (raw, raw)
    return Volume(raw * months, gzip * months, zstd * months)


def _notes(gaps: Gaps, span: Span | None, events_per_day: float | None) -> list[str]:
    notes = []
    if gaps.bodies:
        notes.append(
            f"the log lacks {gaps.bodies} bodies that the policy asks for: their size is estimated from its other"
            " events of the same resource, verb and outcome"
        )
    if gaps.unknown:
        notes.append(f"{gaps.unknown} of them have no like in the log and count nothing: there is no upper bound")
    if gaps.unseen_events:
        notes.append(f"the policy writes about {gaps.unseen_events} RequestReceived events that this log left out")
    if gaps.bodies or gaps.unseen_events:
        notes.append("packed sizes, money and the tables count only what the log has")
    if span is not None and span.seconds < SHORT_SPAN and events_per_day is None:
        notes.append("the log covers less than an hour: rates and money are that hour's, give --events-per-day")
    return notes


def _rules(simulation: Simulation) -> list[Row]:
    policy = simulation.policy
    pairs = zip(policy.rules, simulation.by_rule, strict=True)
    rows = [_row(describe(rule), tally, rule.place.line) for rule, tally in pairs]
    if simulation.by_no_rule.events_now:
        rows.append(_row("no rule matches: None", simulation.by_no_rule))
    return rows


def _rows(table: Mapping[str, Tally]) -> list[Row]:
    rows = [_row(key, tally) for key, tally in table.items()]
    return sorted(rows, key=lambda row: (-row.bytes_kept, -row.bytes_now, row.key))


def _row(key: str, tally: Tally, line: int = 0) -> Row:
    return Row(key, tally.events_now, tally.bytes_now, tally.events_kept, tally.bytes_kept, line)


def describe(rule: PolicyRule) -> str:
    """Return a rule in one line: `Metadata: verbs get, resources secrets configmaps`."""
    parts = {
        "users": rule.users,
        "groups": rule.user_groups,
        "verbs": rule.verbs,
        "resources": tuple(_group(part) for part in rule.resources),
        "namespaces": rule.namespaces,
        "URLs": rule.non_resource_urls,
        "without": rule.omit_stages,
    }
    said = ", ".join(f"{name} {' '.join(words)}" for name, words in parts.items() if words)
    return f"{rule.level.text}: {said or 'everything else'}"


def _group(part: GroupResources) -> str:
    names = f"({' '.join(part.resource_names)})" if part.resource_names else ""
    group = f".{part.group}" if part.group else ""
    return " ".join(f"{word}{group}{names}" for word in part.resources or ("*",))
