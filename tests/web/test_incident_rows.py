"""Incidents as pages show them."""

from __future__ import annotations

import msgspec
import pytest

from lanner.state.kept import IncidentRow
from lanner.web.incident_rows import MOST_NAMES, make_view


@pytest.fixture
def view(make):
    def made(**changes):
        incident = make.incident(**changes)
        return make_view(IncidentRow(incident.id, "", 0, "", msgspec.json.encode(incident), b"[]"))

    return made


def test_the_most_frequent_rule_comes_first_and_tactics_follow_an_attack(view):
    shown = view()
    assert shown.rules == [("Secrets listed", 2), ("Shell in a pod", 1)]
    assert shown.course == ["initial access", "persistence"]
    assert shown.summary == "score 100 · 3 alerts of 2 rules"


def test_an_incident_that_is_worse_than_its_alerts_says_so(view):
    shown = view(worst="Error")
    assert shown.summary == "score 100 · 3 alerts of 2 rules · raised by its tactics"
    assert shown.raised.startswith("raised from Error because of 2 tactics (initial-access, persistence)")


@pytest.mark.parametrize(
    ("updated", "text"),
    [
        ("2026-01-02T04:04:05.678Z", "2026-01-02 03:04:05 to 04:04:05"),
        ("2026-01-03T04:04:05.678Z", "2026-01-02 03:04:05 to 2026-01-03 04:04:05"),
    ],
)
def test_the_day_is_said_once(view, updated, text):
    assert view(updated=updated).span == text


def test_texts_are_made_visible_and_many_names_are_cut(view):
    shown = view(actors=["a\u202eb", *map(str, range(200))])
    assert shown.actors[0] == "a⟨U+202E⟩b"
    assert (len(shown.actors), shown.actors[-1]) == (MOST_NAMES + 1, "and 101 more")
    assert "\u202e" not in shown.story
