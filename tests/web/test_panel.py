"""The panel at the side."""

from __future__ import annotations

import pytest

from lanner.detect.alert import Habit, Origin
from lanner.state.kept import Quarantined
from lanner.web.panel import AlertView, Panel, quarantine_words, text_of
from lanner.web.parts import EventTree
from lanner.web.rows import make_row
from lanner.web.window import Group


def view_of(make, **changes):
    new = make.alert(**changes)
    return AlertView(new.alert, make_row(9, new.alert, new.event), "What the rule looks for.")


def test_an_alert_is_shown_with_facts_fields_and_event(canvas, texts, make):
    panel = Panel()
    assert texts(canvas) == []
    view = view_of(make, output="bad \x07 thing")
    panel.show_alert(view, Group(9, view.row, 1, (view.row,)))
    shown = texts(canvas)
    assert shown[:6] == [
        *("Shell in a pod", "close", "Warning", "2026-01-02T03:04:05.678901000Z"),
        *("bad ⟨U+0007⟩ thing", "What the rule looks for."),
    ]
    pairs = dict(zip(shown[6:-1:2], shown[7::2], strict=False))
    assert pairs["tags"] == "T1609, execution"
    assert (pairs["user"], pairs["request"], pairs["answer"]) == ("mallory", "create pods/exec web-1", "101")
    assert "ka.user.name" in shown
    assert [element.props["url"] for element in canvas.elements.values() if isinstance(element, EventTree)] == [
        "/api/v1/alerts/9/event"
    ]
    panel.close()
    assert texts(canvas) == []
    assert not [element for element in canvas.elements.values() if isinstance(element, EventTree)]


def test_an_alert_that_was_lowered_says_from_what_and_why(canvas, texts, make):
    habit = Habit(count=12, since="2026-01-01T03:04:05.000000000Z", priority="Error")
    view = view_of(make, lanner=Origin(habit=habit))
    Panel().show_alert(view, Group(9, view.row, 1, (view.row,)))
    shown = texts(canvas)
    assert shown[shown.index("habit") + 1] == "lowered from Error: the same 12 times since 2026-01-01T03:04:05"


def test_folded_alerts_are_listed_and_the_rest_counted(canvas, texts, make):
    view = view_of(make)
    Panel().show_alert(view, Group(1, view.row, 5, (view.row, view.row)))
    shown = texts(canvas)
    assert "5 alerts of this rule and user in a row" in shown
    assert shown.count("03:04:05.678  create pods/exec web-1 shop") == 2
    assert "and 3 older ones" in shown


def test_quarantine_lists_place_reason_and_sample(canvas, texts):
    entry = Quarantined(
        id=1,
        seen=0.0,
        source="audit",
        origin="/logs/a.log",
        offset=42,
        reason="not JSON (at byte 3)",
        size=9,
        sample=b'{"a":\x00 <b>\xff',
    )
    Panel().show_quarantine([entry], {"not JSON": 1})
    assert texts(canvas)[2:] == [
        *("Input that is not an audit event. The newest 1 of 1:", "not JSON", "1"),
        *("not JSON (at byte 3)", "audit · /logs/a.log · offset 42 · 9 B", '{"a":⟨U+0000⟩ <b>�'),
    ]
    assert quarantine_words(0, 0).startswith("Nothing was rejected")


@pytest.mark.parametrize(("value", "text"), [("a\u202eb", "a⟨U+202E⟩b"), (None, "null"), ([1, "x"], '[1,"x"]')])
def test_values_are_texts_or_json(value, text):
    assert text_of(value) == text
