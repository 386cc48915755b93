"""What an attacker could do inside an exception, in words."""

from __future__ import annotations

import pytest

from lanner.rules.suggest.proposals import Proposal
from lanner.rules.suggest.risk import risk
from lanner.rules.suggest.sightings import ACTING, ADDRESS, AGENT, IMAGES, NAME, NAMESPACE, RESOURCE, USER, VERB

BOT = "system:serviceaccount:ci:bot"


ANY = "do what the rule looks for with any kind of object"


@pytest.mark.parametrize(
    ("fields", "rows", "words"),
    [
        (
            (USER,),
            [(BOT,)],
            ["the token of", BOT, "can, from anywhere,", ANY, "in any namespace (also when impersonating others)"],
        ),
        (
            (USER, ADDRESS, VERB, RESOURCE, NAMESPACE),
            [("eve", "10.0.0.1", "list", "secrets", "a"), ("eve", "10.0.0.2", "get", "secrets", "b")],
            ["a credential of eve and asks from 10.0.0.1 or 10.0.0.2 can list or get secrets in a or b (also when"],
        ),
        (
            (USER, ACTING, IMAGES, NAME),
            [("eve", "boss", ("x", "y"), "web")],
            [ANY, "named web with images of x and y (any tag, any command) in any namespace acting as boss unseen"],
        ),
        ((USER,), [("eve",)], ["unseen by 'R' with any client."]),
        ((USER, AGENT), [("eve", "k")], ["when the client calls itself k, which anybody can write."]),
    ],
)
def test_the_sentence_says_who_from_where_and_what(fields, rows, words):
    counts = {"silenced": 1, "alerts": 1, "silenced_rest": 0, "alerts_rest": 0}
    said = risk(Proposal(rule="R", priority="Notice", fields=fields, rows=tuple(rows), **counts))
    assert said.startswith("Whoever holds ")
    assert " ".join(words) in said
