"""Which techniques of the matrices rules see, by their tags and their guidance; as rows, and as a Navigator layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Protocol

import msgspec

from lanner.rules.guidance import Guidance
from lanner.rules.matrices import Technique, attack, kubernetes

Matrix = Literal["attack", "kubernetes"]
OTHER = "Other"
"""The tactic of a technique that rules name and the matrix here does not have."""

_TECHNIQUE = re.compile(r"(?:attack\.)?(t\d{4}(?:\.\d{3})?)", re.IGNORECASE | re.ASCII)


class Tagged(Protocol):
    """A rule or a correlation."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""

    @property
    def enabled(self) -> bool:
        """Whether it runs."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One technique of a matrix and the enabled rules that see it, none where nothing does."""

    matrix: Matrix
    id: str
    name: str
    tactics: tuple[str, ...]
    rules: tuple[str, ...]


def seen_techniques(rules: Iterable[Tagged], guidance: Mapping[str, Guidance]) -> list[Seen]:
    """Return all techniques of both matrices, and those beyond them that rules name."""
    running = [rule for rule in rules if rule.enabled]
    by_tag = _collect((technique, rule.name) for rule in running for technique in techniques_of(rule.tags))
    places = ((place, rule.name) for rule in running for place in _matrix_of(guidance, rule.name))
    return [*_rows("attack", attack(), by_tag), *_rows("kubernetes", kubernetes(), _collect(places))]


def techniques_of(tags: Iterable[str]) -> list[str]:
    """Return the ids of ATT&CK techniques among tags, as T1552.007, from Falco's and Sigma's forms."""
    found = (_TECHNIQUE.fullmatch(tag) for tag in tags)
    return [match[1].upper() for match in found if match]


def _matrix_of(guidance: Mapping[str, Guidance], rule: str) -> tuple[str, ...]:
    return guidance[rule].matrix if rule in guidance else ()


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for technique, rule in pairs:
        found.setdefault(technique, []).append(rule)
    return found


def _rows(matrix: Matrix, known: tuple[Technique, ...], found: Mapping[str, list[str]]) -> Iterator[Seen]:
    beyond = [Technique(id_, "", (OTHER,)) for id_ in sorted(found.keys() - {each.id for each in known})]
    for each in (*known, *beyond):
        rules = tuple(dict.fromkeys(found.get(each.id, ())))
        yield Seen(matrix=matrix, id=each.id, name=each.name, tactics=each.tactics, rules=rules)


def navigator_layer(seen: Iterable[Seen], name: str) -> dict[str, Any]:
    """Return a layer (format 4.5) for MITRE's ATT&CK Navigator: the score of a technique is its number of rules."""
    rows = [row for row in seen if row.matrix == "attack"]
    most = max((len(row.rules) for row in rows), default=1)
    return {
        "name": name,
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Techniques by the number of rules that see them; 0: of the containers' matrix, seen by none.",
        "filters": {"platforms": ["Containers", "IaaS", "Identity Provider"]},
        "sorting": 3,
        "gradient": {"colors": ["#ffffff", "#a6d8a8", "#1b7837"], "minValue": 0, "maxValue": max(most, 1)},
        "techniques": [
            {
                "techniqueID": row.id,
                "score": len(row.rules),
                "comment": "\n".join(row.rules),
                "enabled": True,
                "showSubtechniques": True,
            }
            for row in rows
        ],
    }
