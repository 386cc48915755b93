"""Alerts that are opened from a list."""

from __future__ import annotations

import asyncio

import pytest

from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.opening import AlertOpener
from lanner.web.panel import NO_EVENT, Panel
from lanner.web.rows import make_row
from lanner.web.window import single


@pytest.fixture
def opened(canvas, texts, state):
    """A function that opens the first alert stored and gives the texts that are shown."""

    def open_first(new):
        feed = Feed(state.path)
        feed.poll()
        opener = AlertOpener(feed, Descriptions(Settings().rules), Panel())

        async def click():
            with canvas:
                await opener.open(single(make_row(1, new.alert, new.event)))

        asyncio.run(click())
        feed.close()
        return texts(canvas)

    return open_first


def test_an_alert_without_an_event_says_so(opened, state, make):
    new = make.alert(rule="of a hunt")
    new.event = b""
    state.add(new)
    shown = opened(new)
    assert {"of a hunt", NO_EVENT} <= set(shown)
    assert "request" not in shown


def test_an_alert_opens_with_the_link_to_its_incident(opened, state, make):
    new = make.alert(rule="opened")
    state.add_incident(make.incident(), new)
    assert {"opened", "the incident that it belongs to"} <= set(opened(new))
