"""Alerts that are opened from a list."""

from __future__ import annotations

import asyncio

from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.opening import AlertOpener
from lanner.web.panel import Panel
from lanner.web.rows import make_row
from lanner.web.window import single


def test_an_alert_opens_with_the_link_to_its_incident(canvas, texts, state, make):
    new = make.alert(rule="opened")
    state.add_incident(make.incident(), new)
    feed = Feed(state.path)
    feed.poll()
    opener = AlertOpener(feed, Descriptions(Settings().rules), Panel())

    async def click():
        with canvas:
            await opener.open(single(make_row(1, new.alert, new.event)))

    asyncio.run(click())
    feed.close()
    assert {"opened", "the incident that it belongs to"} <= set(texts(canvas))
