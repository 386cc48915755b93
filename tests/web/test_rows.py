"""How an alert becomes a line of the list."""

from __future__ import annotations

import msgspec
import pytest

from lanner.web.rows import make_row, make_rows


def row_of(make, event, **alert):
    new = make.alert(event, **alert)
    return make_row(7, new.alert, new.event)


def test_a_line_says_who_did_what_to_which_object_from_where(make):
    row = row_of(make, make.event(impersonatedUser={"username": "root"}))
    assert (row.user, row.acting_as, row.verb) == ("mallory", "root", "create")
    assert (row.target, row.namespace, row.code) == ("pods/exec web-1", "shop", 101)
    assert row.address == "10.2.2.2"  # the last address is the API server's own observation; the rest is header text


def test_a_request_without_an_object_shows_its_path(make):
    assert row_of(make, make.event(objectRef=None, requestURI="/healthz?x=1")).target == "/healthz?x=1"


@pytest.mark.parametrize("event", [None, b"no JSON", b"[" * 5000])
def test_an_alert_without_a_readable_event_keeps_its_own_columns(make, event):
    row = make_row(7, make.alert().alert, event)
    assert (row.rule, row.user, row.target, row.code) == ("Shell in a pod", "", "", 0)


def test_control_characters_are_made_visible_and_long_texts_cut(make):
    row = row_of(make, make.event(user={"username": "a\x1b[31m\u202eb"}), output="x" * 5000)
    assert row.user == "a⟨U+001B⟩[31m⟨U+202E⟩b"
    assert len(row.output) == 600


@pytest.mark.parametrize(
    ("words", "found"), [((), True), (("mallory", "exec"), True), (("10.2.2.2",), True), (("mallory", "bob"), False)]
)
def test_all_words_must_be_in_some_column(make, words, found):
    assert row_of(make, None).matches(words) is found


def test_lines_keep_the_order_of_the_store(make, state):
    state.add(make.alert(rule="a"), make.alert(rule="b"))
    assert [row.rule for row in make_rows(state.store, state.store.alerts())] == ["b", "a"]


def test_each_key_of_a_row_is_text_or_number(make):
    assert all(isinstance(value, str | int) for value in msgspec.structs.asdict(row_of(make, None)).values())
