"""Says in a sentence what an attacker could do inside an exception."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.rules.suggest.proposals import Proposal
from lanner.rules.suggest.sightings import ACTING, ADDRESS, AGENT, IMAGES, NAME, NAMESPACE, RESOURCE, USER, VERB, Value

ACCOUNT = "system:serviceaccount:"


def risk(proposal: Proposal) -> str:
    """Return one sentence: who, from where, can do what unseen by the rule."""
    known = {
        field: list(dict.fromkeys(row[place] for row in proposal.rows)) for place, field in enumerate(proposal.fields)
    }
    return " ".join(_words(proposal.rule, known))


def _words(rule: str, known: dict[str, list[Value]]) -> Iterator[str]:
    user = _listed(known[USER])
    yield f"Whoever holds {'the token' if user.startswith(ACCOUNT) else 'a credential'} of {user}"
    yield f"and asks from {_listed(known[ADDRESS])}" if ADDRESS in known else "can, from anywhere,"
    if ADDRESS in known:
        yield "can"
    yield _listed(known[VERB]) if VERB in known else "do what the rule looks for with"
    yield _listed(known[RESOURCE]) if RESOURCE in known else "any kind of object"
    if NAME in known:
        yield f"named {_listed(known[NAME])}"
    if IMAGES in known:
        yield f"with images of {_listed(known[IMAGES])} (any tag, any command)"
    yield f"in {_listed(known[NAMESPACE])}" if NAMESPACE in known else "in any namespace"
    yield f"acting as {_listed(known[ACTING])}" if ACTING in known else "(also when impersonating others)"
    yield f"unseen by '{_plain(rule)}'"
    yield (
        f"when the client calls itself {_listed(known[AGENT])}, which anybody can write."
        if AGENT in known
        else ("with any client.")
    )


def _listed(values: list[Value]) -> str:
    texts = [_plain(value) if isinstance(value, str) else " and ".join(map(_plain, value or ())) for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _plain(text: str) -> str:
    return " ".join(text.split())
