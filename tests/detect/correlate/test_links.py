"""A correlation that fires is an event of those that look at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.detect.correlate.correlator import Correlator
from lanner.detect.correlate.hits import Hit
from lanner.rules import ir
from lanner.rules.correlation.model import Bound, Correlation, Link, Part
from lanner.rules.falco.condition import parse_condition

SECOND = 1_000_000_000
VERB = ir.Field("ka.verb")


def lower(kind="event_count", *, gte=2, parts=1, span=5, suppress=0, **more):
    return Correlation(
        name=more.pop("name", "low"),
        description="",
        kind=kind,
        parts=tuple(Part(alias="ab"[n], condition=ir.Exists(VERB), key=(VERB,)) for n in range(parts)),
        group_by=("verb",),
        timespan=span * SECOND,
        output="x",
        priority="Notice",
        bounds=() if gte is None else (Bound("gte", gte),),
        suppress=suppress * SECOND,
        **more,
    )


def upper(kind="event_count", *, gte=2, of="low", key=(0,), span=20, part=None, **more):
    link = Link(alias="low", name=of, key=key)
    return Correlation(
        name=more.pop("name", "up"),
        description="",
        kind=kind,
        parts=(link, part) if part else (link,),
        group_by=("verb",) * len(key),
        timespan=span * SECOND,
        output="x",
        priority="Notice",
        bounds=() if gte is None else (Bound("gte", gte),),
        **more,
    )


def hit(time, number=0, part=0, *, key="k", carried=()):
    return Hit(number, part, int(time * SECOND), f"{time:g}", 0, [(key,)], None, (), b"{}", carried=carried)


def fired(correlations, hits):
    correlator = Correlator(correlations)
    return [
        (correlations[firing.correlation].name, firing.time / SECOND, firing.related())
        for firing in [*correlator.take(hits), *correlator.finish()]
    ]


def test_firings_are_counted_and_all_events_behind_them_are_named():
    hits = [hit(1), hit(2), hit(3)]
    assert fired([upper(), lower(enabled=False)], [hit(time, 1) for time in (1, 2, 3)]) == [
        ("up", 3.0, ["1", "2", "3"])
    ]
    assert [name for name, _, _ in fired([lower(), upper()], hits)] == ["low", "low", "up"]


def test_what_is_held_back_is_no_event():
    assert fired([lower(suppress=10, enabled=False), upper()], [hit(n) for n in range(9)]) == []


def test_keys_are_those_of_the_lower_one():
    hits = [hit(1, key="a"), hit(2, key="b"), hit(3, key="a"), hit(4, key="b")]
    assert fired([lower(enabled=False), upper()], hits) == []
    assert [time for _, time, _ in fired([lower(enabled=False), upper(key=())], hits)] == [4.0]


def test_other_fields_are_those_of_the_event_that_it_is_told_of():
    """The values come with the hits, so that a restart loses none; here through two levels."""
    chain = [lower(enabled=False), upper(gte=1, name="mid", enabled=False), upper(of="mid", key=(ir.Field("ka.uri"),))]
    hits = [hit(1, carried=(("x",),)), hit(2, carried=(("y",),)), hit(3, carried=(("z",),)), hit(4, carried=(("y",),))]
    assert fired(chain, hits) == [("up", 4.0, ["1", "2", "3", "4"])]


def test_an_absence_below_is_in_its_place_in_time():
    """It fires at 6, before the event at 7, although both are known at 30; at 12 nothing came before it."""
    never = lower("absence", gte=None, parts=2, enabled=False)
    then = upper("temporal_ordered", gte=None, part=Part(alias="then", condition=ir.Exists(VERB), key=(VERB,)))
    clock = hit(30, 1, 1, key="clock")
    assert fired([never, then], [hit(1), hit(7, 1, 1), clock]) == [("up", 7.0, ["1", "7"])]
    assert fired([never, then], [hit(1), hit(5, 1, 1), clock]) == []


def test_times_that_run_out_on_two_levels_do_so_in_order():
    """The upper absence opens at 5 by the lower one's and is answered by the lower one's of another part at 8."""
    first = lower("absence", gte=None, parts=2, span=4, enabled=False)
    second = lower("absence", gte=None, parts=2, span=7, name="second", enabled=False)
    wanted = upper("absence", gte=None, span=3)
    wanted = Correlation(
        **{name: getattr(wanted, name) for name in wanted.__struct_fields__}
        | {"parts": (*wanted.parts, Link(alias="second", name="second", key=(0,)))}
    )
    for order in ([wanted, second, first], [first, second, wanted]):
        places = {each.name: number for number, each in enumerate(order)}
        both = [hit(1, places["low"]), hit(1, places["second"])]
        assert fired(order, [*both, hit(30, places["low"], 1, key="clock")]) == []
        assert fired(order, [both[0], hit(30, places["low"], 1, key="clock")]) == [("up", 8.0, ["1"])]


def test_a_condition_joins_rules_and_correlations():
    one = upper(
        "temporal",
        gte=None,
        part=Part(alias="b", condition=ir.Exists(VERB), key=(VERB,)),
        expression=parse_condition("low and not b"),
    )
    clock = hit(60, 1, 1, key="clock")
    assert fired([lower(enabled=False), one], [hit(1), hit(2), clock]) == [("up", 22.0, ["1", "2"])]
    assert fired([lower(enabled=False), one], [hit(1), hit(2), hit(9, 1, 1), clock]) == []


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("xy")), max_size=40), st.integers(0, 40))
def test_the_upper_one_counts_what_the_lower_one_fires_also_over_a_restart(rows, cut):
    hits = [hit(time / 2 + n / 1000, key=key) for n, (time, key) in enumerate(sorted(rows, key=lambda row: row[0]))]
    chain = [lower(), upper(suppress=0)]
    first, second = Correlator(chain), Correlator(chain)
    found = list(first.take(hits[:cut]))
    second.load(first.dump())
    found += [*second.take(second.unpack(second.pack(hits[cut:]))), *second.finish()]
    low = [(firing.time, firing.key) for firing in found if firing.correlation == 0]
    up = [(firing.time, firing.key) for firing in found if firing.correlation == 1]
    alone = Correlator([lower()])
    plain = [(firing.time, firing.key) for firing in [*alone.take(hits), *alone.finish()]]
    assert low == plain
    seen = [[t for t, k in low[: at + 1] if k == key and t >= time - 20 * SECOND] for at, (time, key) in enumerate(low)]
    assert up == [pair for pair, times in zip(low, seen, strict=True) if len(times) >= 2]


@pytest.mark.parametrize("change", [{"span": 6}, {"gte": 2, "kind": "absence", "parts": 2}])
def test_a_lower_one_that_was_changed_makes_the_upper_one_begin_anew(change):
    first = Correlator([lower(gte=1), upper()])
    list(first.take([hit(1)]))
    list(first.finish())
    second = Correlator([lower(**change), upper()])
    second.load(first.dump())
    assert (first.remembered, second.remembered) == (2, 0)
