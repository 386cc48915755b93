"""The foot of a list."""

from __future__ import annotations

from lanner.web.foot import Foot


async def nowhere() -> None:
    """Go nowhere."""


def test_it_shows_the_ways_that_there_are(canvas, texts):
    foot = Foot(("newest", nowhere), ("older", nowhere))
    foot.show("1 to 50", back=False, further=True)
    assert texts(canvas) == ["1 to 50", "older"]
    foot.show("51 to 60", back=True, further=False)
    assert texts(canvas) == ["51 to 60", "newest"]
