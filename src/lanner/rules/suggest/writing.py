"""Writes proposals as Falco exceptions that are loaded behind the rules (`override: exceptions: append`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from lanner.rules.suggest.proposals import Proposal
from lanner.rules.suggest.risk import risk
from lanner.rules.suggest.sightings import IMAGES, Value

_BARE = re.compile(r"[A-Za-z0-9_][\w./:@-]*", re.ASCII)
_KEYWORDS = {"and", "or", "not", "in", "exists", "contains", "startswith", "endswith", "val"}


def write_exceptions(proposals: Sequence[Proposal]) -> str:
    """Return the YAML of all proposals, one item a rule; empty without proposals."""
    by_rule: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        by_rule.setdefault(proposal.rule, []).append(proposal)
    lines = [
        "# Exceptions proposed by `lanner rules suggest`. Read what an attacker could do inside each, strike out what"
    ]
    lines += ["# you do not want, and load this file after the rules."]
    for rule, group in by_rule.items():
        lines += ["", f"- rule: {_text(rule)}", "  exceptions:"]
        for proposal in group:
            lines += _exception(proposal)
        lines += ["  override:", "    exceptions: append"]
    return "\n".join(lines) + "\n" if by_rule else ""


def _exception(proposal: Proposal) -> Iterator[str]:
    later = f"{proposal.silenced_rest} of {proposal.alerts_rest} after it"
    yield f"    # Silences {proposal.silenced} of {proposal.alerts} alerts in the baseline, {later}."
    yield f"    # {risk(proposal)}"
    yield f"    - name: {proposal.name}"
    yield f"      fields: [{', '.join(proposal.fields)}]"
    comps = ("in" if field == IMAGES else '"="' for field in proposal.fields)
    yield f"      comps: [{', '.join(comps)}]"
    yield "      values:"
    for row in proposal.rows:
        yield f"        - [{', '.join(map(_value, row))}]"


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    text = value or ""
    # Falco puts values into the condition as they are: what is more than a word brings its own quotes.
    bare = _BARE.fullmatch(text) and text.lower() not in _KEYWORDS
    return _text(text if bare else f'"{text}"')


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()
