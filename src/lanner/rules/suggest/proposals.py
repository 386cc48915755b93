"""Proposes exceptions: narrow ones, for what the same account did again and again, and says why the rest is left."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

import msgspec

from lanner.rules.ruleset import PRIORITIES
from lanner.rules.suggest.sightings import AGENT, FIELDS, USER, Group, Sightings, Tally, Value, Values, chosen

MOST_FIELDS = 6
MOST_VALUES = 3
"""Different values up to which a field counts as stable."""
MOST_ROWS = 12
OFTEN = 2
"""Times a combination must have come in the baseline."""
SPREAD = 0.2
"""Share of the baseline over which it must have come: what came in one burst is no habit."""
LONGEST = 200
ANONYMOUS = ("", "system:anonymous")
WORST = PRIORITIES.index("Critical")

_BREAKS = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One exception of one rule: rows with a value for each field; how many alerts it silences of how many."""

    rule: str
    priority: str
    fields: tuple[str, ...]
    rows: tuple[Values, ...]
    silenced: int
    alerts: int
    silenced_rest: int
    alerts_rest: int
    withheld: int = 0
    """Combinations that are no part of it because they would silence a labelled attack."""

    @property
    def name(self) -> str:
        """The same exception has the same name each time."""
        text = msgspec.json.encode((self.rule, self.fields, self.rows))
        return f"suggested_{hashlib.sha256(text).hexdigest()[:8]}"

    @property
    def user(self) -> str:
        return str(self.rows[0][0])


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one user and goes on saying, and why."""

    rule: str
    user: str
    alerts: int
    reason: str


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """`least` alerts make a group noisy; `everything` proposes for critical rules and wide exceptions, too."""

    least: int = 3
    everything: bool = False
    seconds: float = 0.0


def propose(sightings: Sightings, priorities: dict[str, str], wishes: Wishes) -> tuple[list[Proposal], list[Left]]:
    """Return proposals and what is left alone, the noisiest first; `wishes.seconds` is how long the baseline is."""
    proposals: list[Proposal] = []
    left: list[Left] = []
    for group in sightings.groups():
        if group.baseline < wishes.least:
            continue
        found = _of_group(group, sightings, priorities[group.rule], wishes)
        if isinstance(found, Proposal):
            proposals.append(found)
        else:
            left.append(Left(rule=group.rule, user=group.user, alerts=group.baseline, reason=found))
    return proposals, left


def _of_group(group: Group, sightings: Sightings, priority: str, wishes: Wishes) -> Proposal | str:
    """Return the proposal for a group, or why there is none."""
    if reason := _barred(group, priority, wishes):
        return reason
    fields = _fields(group, sightings)
    if not set(fields) - {USER, AGENT} and not wishes.everything:
        return "nothing but the user (and what the client says of itself) is the same each time: too wide without --all"
    rows = list(_rows(group, fields, wishes))
    if not rows:
        return "no combination came more than once over the length of the baseline: a burst or single events, no habit"
    safe = [row for row in rows if not _attacks(group, fields, row)]
    if not safe:
        return "it would silence a labelled attack"
    proposal = _proposal(group, sightings, priority, fields, safe)
    return msgspec.structs.replace(proposal, withheld=len(rows) - len(safe))


def _barred(group: Group, priority: str, wishes: Wishes) -> str:
    if group.user in ANONYMOUS:
        return "everybody may be this user"
    if PRIORITIES.index(priority) <= WORST and not wishes.everything:
        return f"rules of priority {priority} have none proposed without --all"
    return "the user's name cannot be written into a condition" if _unwritable(group.user) else ""


def _fields(group: Group, sightings: Sightings) -> tuple[str, ...]:
    """Choose the fields that are stable and tell this group from others of the rule; the user is always one."""
    seen = [values for values, tally in group.rows.items() if tally.baseline]
    others = [values for values in sightings.of(group.rule) if values[0] != group.user]
    fields = [USER]
    for field in FIELDS[1:]:
        values = {chosen(row, (field,))[0] for row in seen}
        told = len(values) > 1 or not others or {chosen(row, (field,))[0] for row in others} != values
        if len(fields) < MOST_FIELDS and told and 0 < len(values) <= MOST_VALUES and all(map(_usable, values)):
            fields.append(field)
    while len({chosen(row, fields) for row in seen}) > MOST_ROWS:
        fields.pop()
    return tuple(fields)


def _usable(value: Value) -> bool:
    if value is None:
        return False
    texts = (value,) if isinstance(value, str) else value
    return bool(texts) and not any(map(_unwritable, texts))


def _unwritable(text: str) -> bool:
    return not text or len(text) > LONGEST or _BREAKS.search(text) is not None


def _rows(group: Group, fields: Sequence[str], wishes: Wishes) -> Iterator[Values]:
    """Give the combinations that came often enough and not all at once."""
    merged: dict[Values, Tally] = {}
    for values, tally in group.rows.items():
        if tally.baseline:
            sum_ = merged.setdefault(chosen(values, fields), Tally(first=tally.first))
            sum_.baseline += tally.baseline
            sum_.first, sum_.last = min(sum_.first, tally.first), max(sum_.last, tally.last)
    for row, tally in sorted(merged.items(), key=lambda item: -item[1].baseline):
        if tally.baseline >= OFTEN and tally.last - tally.first >= SPREAD * wishes.seconds:
            yield row


def _attacks(group: Group, fields: Sequence[str], row: Values) -> int:
    return sum(tally.attacks for values, tally in group.rows.items() if chosen(values, fields) == row)


def _proposal(
    group: Group, sightings: Sightings, priority: str, fields: tuple[str, ...], rows: list[Values]
) -> Proposal:
    wanted = set(rows)
    hit = [tally for values, tally in group.rows.items() if chosen(values, fields) in wanted]
    everyone = sightings.of(group.rule).values()
    return Proposal(
        rule=group.rule,
        priority=priority,
        fields=fields,
        rows=tuple(rows),
        silenced=sum(tally.baseline for tally in hit),
        alerts=sum(tally.baseline for tally in everyone),
        silenced_rest=sum(tally.rest for tally in hit),
        alerts_rest=sum(tally.rest for tally in everyone),
    )
