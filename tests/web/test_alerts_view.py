"""The list of alerts as one page has it, without a browser."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from lanner.web.alerts_view import AlertsView
from lanner.web.feed import Feed


class Viewer:
    """A view over a real database; `rules` is what its list shows."""

    def __init__(self, path):
        self.feed = Feed(path)
        self.opened = []
        self.view = AlertsView(self.feed, self._note)

    async def _note(self, group):
        self.opened.append(group)

    def poll(self):
        asyncio.run(self.view.update(self.feed.poll()))

    def set(self, **boxes):
        for name, value in boxes.items():
            getattr(self.view, f"_{name}").value = value
        asyncio.run(self.view._filter())

    @property
    def props(self):
        return self.view._list.props

    @property
    def rules(self):
        return [row["rule"] for row in self.props["rows"]]


@pytest.fixture
def viewer(canvas, state):
    made = Viewer(state.path)
    yield made
    made.feed.close()


def test_new_alerts_come_on_top_and_are_counted(viewer, state, make):
    state.add(make.alert(rule="a"))
    viewer.poll()
    assert (viewer.rules, viewer.props["arrived"]) == (["a"], 0)
    state.add(make.alert(rule="b"), make.alert(rule="b"))
    viewer.poll()
    viewer.poll()
    assert (viewer.rules, viewer.props["arrived"]) == (["b", "a"], 2)
    assert viewer.props["rows"][0]["count"] == 2


def test_filters_hold_for_what_is_stored_and_what_arrives(viewer, state, make):
    state.add(make.alert(rule="a", priority="Notice"), make.alert(rule="b", priority="Critical"))
    viewer.poll()
    viewer.set(least="Critical")
    assert viewer.rules == ["b"]
    state.add(make.alert(rule="c", priority="Notice"), make.alert(rule="d", priority="Alert"))
    viewer.poll()
    assert viewer.rules == ["d", "b"]
    viewer.set(least="Debug", rule="a")
    assert viewer.rules == ["a"]
    viewer.set(rule="", words="MALLORY exec", repeats=False)
    assert viewer.rules == ["d", "c", "b", "a"]
    viewer.set(words="nobody")
    assert (viewer.rules, viewer.props["message"]) == ([], "No alert fits the filter.")


def test_the_rules_to_choose_from_are_those_that_fired(viewer, state, make):
    state.add(make.alert(rule="b"), make.alert(rule="a"))
    viewer.poll()
    assert viewer.view._rule.options == {"": "all rules", "a": "a", "b": "b"}


def test_older_alerts_stand_still_until_the_reader_goes_back(viewer, state, make):
    state.add(*(make.alert(rule=str(number)) for number in range(250)))
    viewer.poll()
    asyncio.run(viewer.view._go_older())
    assert (viewer.rules[0], len(viewer.rules), viewer.props["live"]) == ("49", 50, False)
    state.add(make.alert(rule="new"))
    viewer.poll()
    assert viewer.rules[0] == "49"
    asyncio.run(viewer.view._go_older())
    assert viewer.rules[0] == "49"
    asyncio.run(viewer.view._reload())
    assert (viewer.rules[0], len(viewer.rules), viewer.props["live"]) == ("new", 200, True)


def test_what_arrives_while_a_page_is_read_is_not_lost(viewer, state, make):
    """Between reading and showing, the feed may bring more."""
    state.add(make.alert(rule="a"))
    viewer.poll()

    async def scenario():
        loading = asyncio.create_task(viewer.view._reload())
        await asyncio.sleep(0)
        state.add(make.alert(rule="b"))
        await viewer.view.update(viewer.feed.poll())
        await loading

    asyncio.run(scenario())
    assert viewer.rules == ["b", "a"]


def test_a_newer_filter_wins_over_one_that_is_still_read(viewer, state, make):
    state.add(make.alert(rule="a"), make.alert(rule="b"))
    viewer.poll()

    async def scenario():
        viewer.view._rule.value = "a"
        first = asyncio.create_task(viewer.view._filter())
        await asyncio.sleep(0)
        viewer.view._rule.value = "b"
        await viewer.view._filter()
        await first

    asyncio.run(scenario())
    assert viewer.rules == ["b"]


def test_opening_gives_the_group_and_an_unknown_key_does_nothing(viewer, state, make):
    state.add(make.alert(rule="a"))
    viewer.poll()
    for key in (1, 99, "<b>", None):
        asyncio.run(viewer.view._open(SimpleNamespace(args=key)))
    assert [group.row.rule for group in viewer.opened] == ["a"]


def test_without_a_database_the_list_is_empty(canvas, tmp_path):
    viewer = Viewer(tmp_path / "none.db")
    asyncio.run(viewer.view._reload())
    assert (viewer.rules, viewer.props["message"]) == ([], "No alerts yet. They appear here as they fire.")
