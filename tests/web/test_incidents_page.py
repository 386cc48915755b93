"""The list of incidents, without a browser and in a real one."""

from __future__ import annotations

import asyncio

import pytest

from lanner.settings.model import Settings
from lanner.web.feed import Feed
from lanner.web.incidents_page import PAGE, IncidentsPage


@pytest.fixture
def built(canvas, state):
    feed = Feed(state.path)
    yield IncidentsPage(Settings(hostname="control-1"), feed)
    feed.close()


def poll(page):
    page._loaded = 0.0
    asyncio.run(page.update(page._feed.poll()))


def scores(canvas, texts):
    return [text.partition(" · ")[0] for text in texts(canvas) if text.startswith("score ")]


def test_incidents_are_listed_worst_first(built, canvas, texts, state, make):
    state.add_incident(make.incident("aaaaaaaaaaaa", score=5))
    state.add_incident(make.incident("bbbbbbbbbbbb", score=50))
    poll(built)
    assert scores(canvas, texts) == ["score 50", "score 5"]
    assert "initial access" in texts(canvas)


def test_without_incidents_the_list_says_so(built, canvas, texts, state):
    poll(built)
    assert "No incidents. Alerts of one intruder appear here together." in texts(canvas)


def test_more_than_a_page_full_is_read_further(built, canvas, texts, state, make):
    for number in range(PAGE + 1):
        state.add_incident(make.incident(f"{number:012x}", score=number))
    poll(built)
    assert len(scores(canvas, texts)) == PAGE
    asyncio.run(built._go_further())
    assert scores(canvas, texts) == ["score 0"]
    asyncio.run(built._first())
    assert scores(canvas, texts)[0] == f"score {PAGE}"
