"""The list of hunts, without a browser."""

from __future__ import annotations

import asyncio

import pytest

from lanner.settings.model import Settings
from lanner.web.feed import Feed
from lanner.web.hunts_page import NONE, HuntsPage


@pytest.fixture
def build(canvas, state):
    """A function that makes the page over the hunts given and lets it read."""
    feed = Feed(state.path)

    def made(*hunts):
        page = HuntsPage(Settings(hunts=hunts), feed)
        asyncio.run(page.update(feed.poll()))
        return page

    yield made
    feed.close()


def test_each_hunt_says_what_it_is_for_and_how_it_went(build, canvas, texts, state, make):
    state.publish()
    state.add_matches("exec by people", make.alert(), make.alert())
    build(*make.hunts)
    shown = texts(canvas)
    assert {"exec by people", "Shells that people opened", "ok", "2 alerts", "slow/rules & more"} <= set(shown)
    assert (
        "every 1h, over the last 6h · 2026-01-02 03:00:00 UTC: 12 matches, 2 new, in 1.2 s"
        " · next 2026-01-02 04:00:00 UTC"
    ) in shown


def test_a_problem_is_shown_with_its_hunt_and_in_the_head(build, canvas, texts, state, make):
    failed = {**make.archiver["hunts"]["exec by people"], "problem": "no column\u202e x"}
    state.publish(ingest=make.ingest, archiver={**make.archiver, "hunts": {"exec by people": failed}})
    build(*make.hunts)
    assert {"failing", "no column⟨U+202E⟩ x"} <= set(texts(canvas))
    assert "the hunt exec by people failed: no column⟨U+202E⟩ x" in texts(canvas)


def test_what_happens_while_the_page_is_open_is_shown(build, canvas, texts, state, make):
    state.publish()
    page = build(*make.hunts)
    state.add_matches("exec by people", make.alert())
    page._loaded = 0.0
    asyncio.run(page.update(page._feed.poll()))
    assert "1 alert" in texts(canvas)


def test_without_hunts_it_says_where_to_write_them(build, canvas, texts):
    build()
    assert NONE in texts(canvas)
