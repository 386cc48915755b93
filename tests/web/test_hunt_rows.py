"""What pages and API say of a hunt."""

from __future__ import annotations

import msgspec
import pytest

from lanner.settings.hunts import SavedHunt
from lanner.web.feed import Snapshot
from lanner.web.hunt_rows import facts_of, make_views

HUNT = SavedHunt(name="h", sql="SELECT 1", every="1h")
RAN = {"asked": "2026-01-02T03:00:00+00:00", "next": "2026-01-02T04:00:00+00:00", "seconds": 1.25, "matches": 1}


def view(saved=HUNT, **last):
    (made,) = make_views([saved], Snapshot(statuses={"archiver": {"hunts": {"h": last}}}), {"h": 7})
    return made


@pytest.mark.parametrize(
    ("made", "state", "words"),
    [
        (view(), "waiting", "not yet since the archiver started"),
        (view(**RAN), "ok", "2026-01-02 03:00:00 UTC: 1 match, 0 new, in 1.2 s"),
        (view(**RAN | {"problem": "no column"}), "failing", "2026-01-02 03:00:00 UTC: 1 match, 0 new, in 1.2 s"),
        (view(**RAN | {"running": RAN["next"]}), "running", "running since 2026-01-02 04:00:00 UTC"),
        (view(msgspec.structs.replace(HUNT, every="")), "asked by you", ""),
        (view(msgspec.structs.replace(HUNT, enabled=False)), "asked by you", ""),
    ],
)
def test_a_hunt_says_how_it_is_in_a_word_and_how_its_last_run_went(made, state, words):
    assert (made.state, made.last_words) == (state, words)


def test_the_schedule_is_told_in_words():
    assert view().schedule == "every 1h, over the last 2h"
    assert view(msgspec.structs.replace(HUNT, enabled=False)).schedule == "switched off"
    assert view(msgspec.structs.replace(HUNT, every="")).schedule == "lanner hunt --saved h asks it"


def test_hunts_come_in_the_order_of_the_settings_with_their_stored_alerts():
    other = SavedHunt(name="a", rules=("Exec",))
    found = make_views([HUNT, other], Snapshot(), {"h": 7, "gone": 1})
    assert [(each.name, each.alerts) for each in found] == [("h", 7), ("a", 0)]


def test_facts_leave_out_what_a_hunt_has_not():
    told = dict(facts_of(view(**RAN, runs=9, failures=1)))
    assert told["runs"] == "9, 1 failed"
    assert (told["rules"], told["problem"], told["priority"]) == ("", "", "Notice")
    assert dict(facts_of(view(SavedHunt(name="h", rules=("A", "B")))))["rules"] == "A, B"
