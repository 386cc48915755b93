"""The correlator on all kinds: order, silence, memory, and the same answers however the hits come."""

import gc
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.detect.correlate.correlator import LATE, Correlator
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.machines import REMEMBERED
from lanner.detect.correlate.windows import ENTRIES
from lanner.rules import ir
from lanner.rules.correlation.model import Bound, Correlation, Difference, Part
from lanner.rules.falco.condition import parse_condition

SECOND = 1_000_000_000
ANY = ir.Exists(ir.Field("ka.verb"))


def fired(correlator, hits):
    """Times in seconds at which it fires, with the audit ids behind it."""
    found = [*correlator.take(hits), *correlator.finish()]
    return [(firing.time / SECOND, firing.related()) for firing in found]


def test_a_count_fires_at_the_event_that_reaches_it(correlation, hit):
    correlator = Correlator([correlation("event_count", gte=3)])
    assert fired(correlator, [hit(1), hit(2), hit(3)]) == [(3.0, ["1", "2", "3"])]


def test_events_older_than_the_timespan_do_not_count_and_one_as_old_does(correlation, hit):
    assert fired(Correlator([correlation("event_count", gte=2)]), [hit(0), hit(10.5)]) == []
    assert fired(Correlator([correlation("event_count", gte=2)]), [hit(0), hit(10)]) == [(10.0, ["0", "10"])]


def test_keys_are_counted_apart(correlation, hit):
    assert fired(Correlator([correlation("event_count", gte=2)]), [hit(1, key="a"), hit(2, key="b")]) == []


def test_an_event_with_several_keys_counts_for_each(correlation, hit):
    both = hit(1)
    both.keys = [("a",), ("b",)]
    found = fired(Correlator([correlation("event_count", gte=2)]), [both, hit(2, key="a"), hit(3, key="b")])
    assert [time for time, _ in found] == [2.0, 3.0]


def test_values_are_counted_once_each(correlation, hit):
    hits = [hit(1, value="x"), hit(2, value="x"), hit(3, value="y")]
    assert [time for time, _ in fired(Correlator([correlation("value_count", gte=2)]), hits)] == [3.0]


@pytest.mark.parametrize(
    ("kind", "values", "gte", "times"),
    [
        ("value_sum", ["1", "2", "none", "3"], 6, [4.0]),
        ("value_avg", ["1", "5", "3"], 3, [2.0, 3.0]),
        ("value_percentile", ["10", "20", "30"], 20, [3.0]),
    ],
)
def test_numbers_are_measured_and_other_texts_left_out(correlation, hit, *, kind, values, gte, times):
    hits = [hit(second, value=value) for second, value in enumerate(values, 1)]
    assert [time for time, _ in fired(Correlator([correlation(kind, gte=gte)]), hits)] == times


def test_all_parts_in_any_order_make_a_temporal_correlation(correlation, hit):
    correlator = Correlator([correlation("temporal", parts=2)])
    assert fired(correlator, [hit(1, 1), hit(4, 0), hit(20, 0)]) == [(4.0, ["1", "4"])]


def test_parts_must_come_in_their_order_where_that_is_wanted(correlation, hit):
    wanted = correlation("temporal_ordered", parts=3)
    assert fired(Correlator([wanted]), [hit(1, 0), hit(2, 1), hit(3, 2)]) == [(3.0, ["1", "2", "3"])]
    assert fired(Correlator([wanted]), [hit(1, 0), hit(2, 2), hit(3, 1)]) == []
    assert fired(Correlator([wanted]), [hit(1, 0), hit(2, 1), hit(12, 2)]) == []


def test_the_chain_that_began_last_is_the_one_that_counts(correlation, hit):
    hits = [hit(0, 0), hit(9, 0), hit(10, 1), hit(15, 2)]
    assert fired(Correlator([correlation("temporal_ordered", parts=3)]), hits) == [(15.0, ["9", "10", "15"])]


def test_an_extended_condition_says_which_parts_must_occur(correlation, hit):
    either = correlation("temporal", parts=3, expression=parse_condition("a and (b or c)"))
    assert fired(Correlator([either]), [hit(1, 0), hit(2, 2)]) == [(2.0, ["1", "2"])]
    assert fired(Correlator([either]), [hit(1, 1), hit(2, 2)]) == []


def test_an_absence_in_a_condition_is_judged_when_the_timespan_is_over(correlation, hit):
    without = correlation("temporal", parts=2, expression=parse_condition("a and not b"))
    later = hit(30, 1, key="clock")
    assert fired(Correlator([without]), [hit(1, 0), later]) == [(11.0, ["1"])]
    assert fired(Correlator([without]), [hit(1, 0), hit(5, 1), later]) == []


def test_an_event_that_is_not_followed_is_an_absence(correlation, hit):
    wanted = correlation("absence", parts=2)
    assert fired(Correlator([wanted]), [hit(1, 0), hit(30, 1, key="clock")]) == [(11.0, ["1"])]
    assert fired(Correlator([wanted]), [hit(1, 0), hit(11, 1), hit(30, 1, key="clock")]) == []
    assert fired(Correlator([wanted]), [hit(1, 0)]) == []  # nobody knows yet


def test_a_join_meets_the_newest_event_that_its_condition_accepts(correlation, hit, differ):
    wanted = correlation("join", parts=2, timespan=100, where=(differ(1, 0),))
    hits = [
        hit(1, 0, compared=("x",)),
        hit(2, 0, compared=("y",)),
        hit(3, 1, compared=("y",)),
        hit(4, 1, compared=(None,)),
    ]
    assert fired(Correlator([wanted]), hits) == [(3.0, ["1", "3"])]


def test_a_value_is_new_once_enough_is_known_of_its_key(correlation, hit):
    wanted = correlation("first_seen", timespan=1000, learn=2)
    hits = [hit(n, value=value) for n, value in enumerate("aabab")]
    assert [time for time, _ in fired(Correlator([wanted]), hits)] == [2.0]
    slow = correlation("first_seen", timespan=1000, learn_time=5 * SECOND)
    assert [
        time for time, _ in fired(Correlator([slow]), [hit(0, value="a"), hit(4, value="b"), hit(6, value="c")])
    ] == [6.0]


def test_a_value_that_was_not_seen_for_the_timespan_is_new_again(correlation, hit):
    hits = [hit(0, value="a"), hit(1, value="b"), hit(9, value="a"), hit(12, value="b")]
    assert [time for time, _ in fired(Correlator([correlation("first_seen")]), hits)] == [1.0, 12.0]


def test_a_rare_value_has_a_small_share_of_what_its_key_does(correlation, hit):
    wanted = correlation("rare", timespan=100, learn=9)
    wanted = Correlation(
        **{**{f: getattr(wanted, f) for f in wanted.__struct_fields__}, "bounds": (Bound("lte", 0.1),)}
    )
    hits = [*(hit(n, value="usual") for n in range(9)), hit(9, value="odd")]
    assert [time for time, _ in fired(Correlator([wanted]), hits)] == [9.0]


def test_repetitions_are_held_back_and_counted(correlation, hit):
    correlator = Correlator([correlation("event_count", gte=1, suppress=10)])
    firings = [*correlator.take([hit(0), hit(1), hit(2), hit(10), hit(11)]), *correlator.finish()]
    assert [(firing.time // SECOND, firing.held) for firing in firings] == [(0, 0), (10, 2)]
    assert correlator.held_back == [3]


def test_what_comes_late_is_put_in_order_within_bounds_and_counted_beyond(correlation, hit):
    correlator = Correlator([correlation("temporal_ordered", parts=2)])
    assert fired(correlator, [hit(2, 1), hit(1, 0), hit(5, 0)]) == [(2.0, ["1", "2"])]
    assert correlator.late_hits == 0
    assert fired(correlator, [hit(1, 1)]) == [(5.0, ["5", "1"])]
    assert correlator.late_hits == 1


def test_memory_is_bounded_and_what_is_forgotten_early_is_counted(correlation, hit):
    correlator = Correlator([correlation("event_count", gte=2, timespan=1000)], keys=10)
    fired(correlator, [hit(n / 10, key=str(n)) for n in range(100)])
    assert correlator.remembered == 10
    assert correlator.evicted == 90


def test_time_that_passes_fires_what_waits_for_it(correlation, hit):
    correlator = Correlator([correlation("absence", parts=2)])
    assert list(correlator.take([hit(1)])) == []
    assert list(correlator.advance(11 * SECOND + LATE)) == []
    assert [firing.related() for firing in correlator.advance(12 * SECOND + LATE)] == [["1"]]


# -- the same answers, however the hits come ---------------------------------------------------------------------------

KINDS = ["event_count", "value_count", "value_sum", "value_avg", "value_percentile", "rare", "first_seen"]


def _correlation(kind, suppress, expression=None):
    parts = tuple(Part(alias=alias, condition=ANY, key=(ir.Field("ka.verb"),)) for alias in "abc")
    return Correlation(
        name=f"{kind} {suppress} {expression}",
        description="",
        kind=kind,
        parts=parts[:2] if kind == "absence" else parts,
        group_by=("k",),
        timespan=5 * SECOND,
        output="x",
        priority="Notice",
        bounds=(Bound("gte", 2),) if kind not in ("rare", "first_seen") else (Bound("lte", 0.5),),
        expression=parse_condition(expression) if expression else None,
        where=(Difference(0, 0, 2, 0, False),) if kind in ("join", "temporal_ordered") else (),
        learn=1,
        suppress=suppress * SECOND,
    )


ALL = [
    *(_correlation(kind, suppress) for kind in KINDS for suppress in (0, 3)),
    _correlation("temporal", 0),
    _correlation("temporal", 2, "a and not b"),
    _correlation("temporal", 0, "a and (b or c)"),
    _correlation("temporal_ordered", 0),
    _correlation("join", 0),
    _correlation("absence", 1),
]
HITS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, len(ALL) - 1),
        st.integers(0, 1),
        st.sampled_from("xy"),
        st.sampled_from(["1", "2", "7", "no"]),
    ),
    max_size=60,
)


def _hits(rows):
    rows = sorted(rows, key=lambda row: row[0])
    return [
        Hit(number, part % len(ALL[number].parts), time * SECOND // 2 + n, str(n), n, [(key,)], value, (value,), b"{}")
        for n, (time, number, part, key, value) in enumerate(rows)
    ]


def _told(firings):
    return [(f.correlation, f.time, f.key, f.related(), f.held, f.evidence.measure) for f in firings]


def _at_once(rows):
    correlator = Correlator(ALL)
    return _told([*correlator.take(_hits(rows)), *correlator.finish()])


@given(HITS, st.randoms(use_true_random=False))
def test_hits_cut_into_batches_and_late_within_the_bound_give_the_same_firings(rows, chance: random.Random):
    hits = _hits(rows)
    # Each is late by less than LATE, so the order of arrival is another one.
    hits.sort(key=lambda hit: hit.time + chance.randrange(LATE - SECOND))
    correlator, found = Correlator(ALL), []
    while hits:
        size = chance.randrange(1, 9)
        found += correlator.take(hits[:size])
        hits = hits[size:]
    assert _told([*found, *correlator.finish()]) == _at_once(rows)


@given(HITS, st.integers(0, 60))
def test_what_is_remembered_over_a_restart_gives_the_same_firings(rows, cut):
    hits = _hits(rows)
    first, second = Correlator(ALL), Correlator(ALL)
    found = list(first.take(hits[:cut]))
    second.load(first.dump())
    assert _told([*found, *second.take(hits[cut:]), *second.finish()]) == _at_once(rows)


@given(HITS)
def test_packed_hits_read_back_as_they_were_but_for_their_texts(rows):
    hits = _hits(rows)
    correlator = Correlator(ALL)
    back = correlator.unpack(correlator.pack(hits))
    assert [(hit.correlation, hit.part, hit.time, hit.keys, hit.value) for hit in back] == [
        (hit.correlation, hit.part, hit.time, hit.keys, hit.value) for hit in hits
    ]
    assert Correlator(ALL[:3]).unpack(correlator.pack(hits)) == [hit for hit in back if hit.correlation < 3]


# -- bounds ------------------------------------------------------------------------------------------------------------


def _flood(correlator, count, *, start=0, width=1, body=b"{}", part=0):
    """Give every correlation a hit of each of so many keys that were never seen."""
    for number in range(start, start + count):
        key, value = (f"{number}".rjust(width),), str(number)
        for place in range(len(ALL)):
            hit = Hit(place, part, number * 1000, value.rjust(36), number, [key], value, (value,), body)
            list(correlator.take([hit]))


@pytest.mark.parametrize(("width", "body"), [(1, b"{}"), (1000, b"{}"), (1, b"x" * 5000)])
def test_all_kinds_together_stay_in_their_room_however_long_keys_and_events_are(width, body):
    room = 500_000
    correlator = Correlator(ALL, room=room, late=0)
    for start in range(0, 600, 60):
        _flood(correlator, 60, start=start, width=width, body=body)
        assert correlator.used <= room
    assert correlator.evicted > 0
    assert correlator.remembered > 0


def test_what_is_allocated_does_not_grow_with_the_keys_that_were_seen():
    correlator = Correlator(ALL, keys=50, late=0)
    tracemalloc.start()
    _flood(correlator, 150)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    _flood(correlator, 450, start=150)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 60_000  # 450 keys of 19 correlations would be six millions
    assert correlator.remembered <= 50 * len(ALL)


@given(HITS)
def test_a_restart_counts_what_is_remembered_as_it_was_counted(rows):
    first, second = Correlator(ALL), Correlator(ALL)
    list(first.take(_hits(rows)))
    second.load(first.dump())
    assert (second.used, second.remembered) == (first.used, first.remembered)
    for each in (*first._machines, *first._silent):
        memory = getattr(each, "memory", each)
        assert memory.used == sum(slot.used for slot in memory._slots.values())
    assert first.used == sum(memory.used for memory in first._room.memories)


def test_one_key_that_does_everything_holds_so_many_events_and_the_others_are_counted(correlation):
    wanted = [correlation("event_count", gte=1e9, timespan=1000), correlation("join", parts=2, timespan=1000)]
    correlator = Correlator(wanted)
    for number in range(ENTRIES + 100):
        hits = [Hit(place, 0, number, "", 0, [("k",)], None, (str(number),)) for place in (0, 1)]
        list(correlator.take(hits))
    list(correlator.finish())
    assert correlator.evicted == 100 + ENTRIES + 100 - REMEMBERED


def test_numbers_of_any_size_are_summed_exactly(correlation, hit):
    """Also such as a sum of doubles cannot hold, and after some of them have gone."""
    values = ["1e308", "1e308", "-1e308", "0.1", "-1e308"]
    correlator = Correlator([correlation("value_sum", gte=0)])
    found = [*correlator.take([hit(n, value=value) for n, value in enumerate(values)]), *correlator.finish()]
    assert [firing.evidence.measure for firing in found] == [1e308, float("inf"), 1e308, 1e308, 0.1]


def test_texts_of_waiting_hits_are_bounded(correlation, hit, monkeypatch):
    monkeypatch.setattr("lanner.detect.correlate.correlator.WAITING_BYTES", 10_000)
    correlator = Correlator([correlation("event_count", gte=2)])
    for number in range(40):
        long = hit(1, key=str(number))
        long.raw = b"x" * 1000
        list(correlator.take([long]))
    assert correlator.remembered == 30


# -- against plain definitions -----------------------------------------------------------------------------------------


def _window(hits, at):
    return [hit for hit in hits[: at + 1] if hit.time >= hits[at].time - 5 * SECOND]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["1", "2", "7", "no"])), max_size=40))
def test_windows_agree_with_their_plain_definition(rows):
    rows = sorted(rows, key=lambda row: row[0])
    hits = [Hit(0, 0, time * SECOND // 2 + n, str(n), n, [("k",)], value) for n, (time, value) in enumerate(rows)]
    for kind, measure in {
        "event_count": len,
        "value_count": lambda seen: len({hit.value for hit in seen}),
        "value_sum": lambda seen: sum(float(hit.value) for hit in seen if hit.value != "no"),
    }.items():
        correlator = Correlator([_correlation(kind, 0)])
        found = [firing.time for firing in [*correlator.take(hits), *correlator.finish()]]
        assert found == [hit.time for at, hit in enumerate(hits) if measure(_window(hits, at)) >= 2]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), max_size=40))
def test_ordered_parts_agree_with_their_plain_definition(rows):
    rows = sorted(rows, key=lambda row: row[0])
    plain = Correlation(**{**{f: getattr(ALL[-3], f) for f in ALL[-3].__struct_fields__}, "where": ()})
    assert plain.kind == "temporal_ordered"
    hits = [Hit(0, part, time * SECOND // 2 + n, str(n), n, [("k",)]) for n, (time, part) in enumerate(rows)]
    correlator = Correlator([plain])
    found = [firing.time for firing in [*correlator.take(hits), *correlator.finish()]]
    wanted = []
    for at, hit in enumerate(hits):
        seen = [(h.part, h.time) for h in _window(hits, at)]
        chain = any((0, i) in seen and (1, j) in seen and i < j < hit.time for _, i in seen for _, j in seen)
        if hit.part == 2 and chain:
            wanted.append(hit.time)
    assert found == wanted
