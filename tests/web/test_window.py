"""Filtering, folding and paging of alerts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanner.web.rows import Row
from lanner.web.window import MEMBERS, PAGE, SCAN, Filter, prepend, read_page

END = 1 << 60


def row(number: int, rule: str = "r", user: str = "u", priority: str = "Warning", output: str = "") -> Row:
    empty = dict.fromkeys(("time", "acting_as", "verb", "target", "namespace", "address"), "")
    return Row(id=number, rule=rule, user=user, priority=priority, code=0, output=output, **empty)


def users_event(make, name):
    return make.event(user={"username": name})


def test_repeats_in_a_row_are_folded_with_a_count():
    groups = prepend([], [row(4), row(3), row(2, user="other"), row(1)], Filter(), fold=True)
    assert [(group.key, group.row.id, group.count) for group in groups] == [(3, 4, 2), (2, 2, 1), (1, 1, 1)]
    assert [member.id for member in groups[0].members] == [4, 3]


def test_folding_goes_on_when_more_arrive_and_the_key_stays():
    groups = prepend(prepend([], [row(1)], Filter(), fold=True), [row(3), row(2)], Filter(), fold=True)
    assert [(group.key, group.row.id, group.count) for group in groups] == [(1, 3, 3)]


def test_without_folding_each_alert_has_its_line():
    assert len(prepend([], [row(2), row(1)], Filter(), fold=False)) == 2


def test_members_and_lines_are_bounded():
    same = prepend([], [row(number) for number in range(1000, 0, -1)], Filter(), fold=True)
    assert (same[0].count, len(same[0].members)) == (1000, MEMBERS)
    different = prepend([], [row(number, user=str(number)) for number in range(1000, 0, -1)], Filter(), fold=True)
    assert [group.row.id for group in different] == list(range(1000, 1000 - PAGE, -1))


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(0, 60), st.booleans())
def test_adding_in_parts_gives_the_same_as_adding_at_once(users, cut, fold):
    """However the alerts are cut into polls, the list is the same."""
    rows = [row(number, user=user) for number, user in enumerate(users, 1)][::-1]
    newer, older = rows[:cut], rows[cut:]
    in_parts = prepend(prepend([], older, Filter(), fold=fold), newer, Filter(), fold=fold)
    assert in_parts == prepend([], rows, Filter(), fold=fold)
    assert sum(group.count for group in in_parts) == len(users)


def test_filters_look_at_priority_rule_and_words():
    rows = [row(4, priority="Notice"), row(3, rule="x"), row(2, output="by Mallory"), row(1)]
    assert [g.row.id for g in prepend([], rows, Filter(least="Warning"), fold=False)] == [3, 2, 1]
    assert [g.row.id for g in prepend([], rows, Filter(rule="x"), fold=False)] == [3]
    assert [g.row.id for g in prepend([], rows, Filter(words=("mallory",)), fold=False)] == [2]


def test_a_page_from_the_store_is_what_live_alerts_would_have_given(make, state):
    """Reading back and live arrival agree, folded or not."""
    for name in "aabbbacca":
        state.add(make.alert(users_event(make, name)))
    live = prepend([], _rows(state), Filter(), fold=True)
    page = read_page(state.store, Filter(), END, fold=True)
    assert (page.groups, page.older, page.scanned) == (live, None, 9)
    assert [(group.row.user, group.count) for group in live] == [("a", 1), ("c", 2), ("a", 1), ("b", 3), ("a", 2)]


def test_older_pages_go_on_where_the_page_ended(make, state):
    state.add(*(make.alert(users_event(make, str(number))) for number in range(PAGE + 50)))
    first = read_page(state.store, Filter(), END, fold=True)
    assert (len(first.groups), first.older) == (PAGE, 51)
    second = read_page(state.store, Filter(), first.older, fold=True)
    assert (len(second.groups), second.older) == (50, None)
    assert second.groups[0].row.id == 50


def test_a_search_looks_through_a_bounded_number_of_alerts(make, state):
    state.add(make.alert(rule="needle"), *[make.alert()] * (SCAN + 10))
    page = read_page(state.store, Filter(words=("needle",)), END, fold=True)
    assert (page.groups, page.scanned) == ([], SCAN)
    assert [
        group.row.rule for group in read_page(state.store, Filter(words=("needle",)), page.older, fold=True).groups
    ] == ["needle"]


def _rows(state):
    from lanner.web.rows import make_rows

    return make_rows(state.store, state.store.alerts(limit=1000))
