"""Finds the rule that a user means by a name or a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lanner.audit.event import SOURCE
from lanner.errors import UsageError
from lanner.rules.falco.definitions import RuleItem
from lanner.rules.falco.hints import nearest
from lanner.rules.ruleset import Rule

NAMES_SHOWN = 10


def choose(word: str, rules: Sequence[Rule], defined: Mapping[str, RuleItem]) -> Rule:
    """Return the rule of this name, else the only one whose name has this text in any case; raises UsageError.

    `defined` are all rules of the files, those that lanner does not run included.
    """
    by_name = {rule.name: rule for rule in rules}
    if word in by_name:
        return by_name[word]
    fitting = [name for name in by_name if word.casefold() in name.casefold()]
    if len(fitting) == 1 and word not in defined:
        return by_name[fitting[0]]
    raise UsageError(_refusal(word, fitting, list(by_name), defined))


def _refusal(word: str, fitting: Sequence[str], names: Sequence[str], defined: Mapping[str, RuleItem]) -> str:
    item = defined.get(word)
    if item is not None and item.source != SOURCE:
        return f"rule {word!r} is of source {item.source}: lanner runs rules of source {SOURCE} only"
    if item is not None:
        return f"rule {word!r} was left out when loading; `lanner rules check` says why"
    if not fitting:
        guess = nearest(word, names) or _nearest_word(word, names)
        return f"no rule {word!r}; {guess or '`lanner rules list` names all'}"
    shown = "".join(f"\n  {name}" for name in fitting[:NAMES_SHOWN])
    more = f"\n  and {len(fitting) - NAMES_SHOWN} more" if len(fitting) > NAMES_SHOWN else ""
    return f"{len(fitting)} rules have {word!r} in their names; write more of the one you mean:{shown}{more}"


def _nearest_word(word: str, names: Sequence[str]) -> str:
    """Return the guess for a misspelt part of a name."""
    return nearest(word.casefold(), {part for name in names for part in name.casefold().split()})
