"""Pages that follow the feed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from nicegui import Client
from nicegui.page import page

from lanner.web.clients import follow
from lanner.web.feed import MAX_LISTENERS, Feed


@pytest.fixture
def feed(tmp_path):
    return Feed(tmp_path / "none.db")


def test_a_page_is_built_and_counted_until_its_client_is_gone(feed):
    built = []
    with Client(page("")) as client:
        follow(feed, lambda: built.append(1) or SimpleNamespace(update=None))
        assert (built, feed.pages) == ([1], 1)
    client.delete()
    assert feed.pages == 0


def test_where_too_many_are_open_none_is_built(canvas, feed, texts):
    for _ in range(MAX_LISTENERS):
        feed.subscribe(lambda _update: None)
    follow(feed, lambda: pytest.fail("built"))
    assert texts(canvas) == ["lanner: too many pages are open; close one and load this again"]
