"""Rules that ask for it are told once in a while for the same; what is held back is counted."""

import pytest

from lanner.detect.alert import Alert, Origin
from lanner.detect.repeats import Repeats, span_of
from lanner.rules import ir
from lanner.rules.ruleset import Rule


def rule(name="R", *tags):
    condition = ir.Exists(ir.Field("ka.verb"))
    return Rule(
        name=name, description="", condition=condition, condition_text="", output="x", priority="Notice", tags=tags
    )


def alert(second, name="R", **origin):
    time = f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000000000Z"
    return Alert(
        time=time,
        rule=name,
        priority="Notice",
        source="k8s_audit",
        tags=[],
        output="",
        output_fields={},
        hostname="",
        lanner=Origin(**origin),
    )


def told(repeats, *alerts):
    return [found.output_fields.get("held_back", 0) for found in alerts if repeats.tell(found)]


def test_rules_without_the_tag_are_always_told():
    assert told(Repeats([rule()]), alert(1), alert(1)) == [0, 0]


def test_the_same_is_told_once_in_that_time_and_what_was_held_back_with_the_next():
    repeats = Repeats([rule("R", "once:1m")])
    assert told(repeats, alert(0), alert(1), alert(59), alert(60), alert(61)) == [0, 2]
    assert repeats.held_back == {"R": 3}


@pytest.mark.parametrize(
    "other", [{"actor": "b"}, {"credential": "c"}, {"address": "1.1.1.1"}, {"object": "pods/shop/x"}]
)
def test_another_actor_credential_address_or_kind_of_object_is_not_the_same(other):
    first = {"actor": "a", "object": "secrets/shop/x"}
    assert told(Repeats([rule("R", "once:1m")]), alert(0, **first), alert(1, **first | other)) == [0, 0]


def test_another_object_of_the_kind_is_the_same():
    objects = [alert(n, object=f"events/shop/{n}") for n in range(3)]
    assert told(Repeats([rule("R", "once:1m")]), *objects) == [0]


def test_other_rules_go_on_with_what_was_told():
    before = Repeats([rule("R", "once:1m")])
    told(before, alert(0), alert(1))
    after = Repeats([rule("R", "once:1m"), rule("S", "once:1m")])
    after.follow(before)
    assert told(after, alert(2), alert(2, "S"), alert(60)) == [0, 2]


@pytest.mark.parametrize(
    ("tags", "span"), [((), 0), (("T1098",), 0), (("once:1h", "once:1d"), 86_400), (("once:0s", "once:1w"), 0)]
)
def test_the_longest_time_among_tags_holds(tags, span):
    assert span_of(tags) == span
