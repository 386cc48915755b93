"""Which techniques rules see, as rows and as a Navigator layer."""

from typing import NamedTuple

import pytest

from lanner.rules.attack import navigator_layer, seen_techniques, techniques_of
from lanner.rules.guidance import Guidance


class Tagged(NamedTuple):
    name: str
    tags: tuple[str, ...]
    enabled: bool = True


RULES = [
    Tagged("a", ("T1552.007", "credential-access")),
    Tagged("b", ("attack.t1552.007", "attack.t9999", "attack.T1552.007")),
    Tagged("off", ("T1552.007", "T1609"), enabled=False),
]


@pytest.mark.parametrize(
    ("tags", "techniques"),
    [
        (["T1609", "attack.t1609", "T1552.007"], ["T1609", "T1609", "T1552.007"]),
        (["t1", "T16091", "T1609.1", "execution", "attack.execution", "once:1h", "xT1609"], []),
    ],
)
def test_techniques_are_read_from_tags_of_both_forms(tags, techniques):
    assert techniques_of(tags) == techniques


def test_rules_stand_by_what_they_see_and_those_that_are_off_see_nothing():
    seen = {row.id: row for row in seen_techniques(RULES, {"b": Guidance(matrix=("MS-TA9025",)), "off": Guidance()})}
    assert seen["T1552.007"].rules == ("a", "b")
    assert seen["T1609"].rules == ()
    assert (seen["T9999"].tactics, seen["T9999"].rules) == (("Other",), ("b",))
    assert (seen["MS-TA9025"].matrix, seen["MS-TA9025"].rules) == ("kubernetes", ("b",))


def test_a_layer_scores_techniques_by_their_rules():
    layer = navigator_layer(seen_techniques(RULES, {}), "n")
    scores = {each["techniqueID"]: each["score"] for each in layer["techniques"]}
    assert (layer["versions"]["layer"], layer["domain"], layer["gradient"]["maxValue"]) == (
        "4.5",
        "enterprise-attack",
        2,
    )
    assert (scores["T1552.007"], scores["T1609"]) == (2, 0)
    assert not any(id_.startswith("MS-") for id_ in scores)
    assert navigator_layer([], "n")["gradient"]["maxValue"] == 1
