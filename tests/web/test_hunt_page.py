"""The page of one hunt, without a browser and in a real one."""

from __future__ import annotations

import asyncio

import pytest

from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.hunt_page import ALERTS, GONE, HuntPage, visible_lines

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> {{7*7}} \u202e'
NAME = "exec by people"


@pytest.fixture
def build(canvas, state, make):
    """A function that makes the page of one hunt and lets it read."""
    feed = Feed(state.path)
    settings = Settings(hunts=make.hunts)

    def made(name=NAME):
        page = HuntPage(settings, feed, Descriptions(settings.rules), name)
        asyncio.run(page.update(feed.poll()))
        return page

    yield made
    feed.close()


def rules(page):
    return [row["rule"] for row in page._list.props["rows"]]


def test_a_hunt_shows_its_question_and_its_alerts_the_newest_first(build, canvas, texts, state, make):
    state.publish()
    state.add(make.alert(rule="of the stream"))
    state.add_matches(NAME, make.alert(rule="first"), make.alert(rule="second"))
    assert rules(build()) == ["second", "first"]
    assert {"every 1h, over the last 6h", "9, 1 failed", "2026-01-02 04:00:00 UTC"} <= set(texts(canvas))
    assert "SELECT time, audit_id, username\nFROM events WHERE subresource = 'exec'" in texts(canvas)


def test_new_matches_appear_while_the_page_is_open(build, state, make):
    state.add_matches(NAME, make.alert(rule="first"))
    page = build()
    state.add_matches(NAME, make.alert(rule="second"))
    page._loaded = 0.0
    asyncio.run(page.update(page._feed.poll()))
    assert rules(page) == ["second", "first"]


def test_more_alerts_than_a_page_holds_are_read_by_older(build, state, make):
    state.add_matches(NAME, *(make.alert(rule=f"r{number}") for number in range(ALERTS + 3)))
    page = build()
    asyncio.run(page._go_older())
    assert rules(page) == ["r2", "r1", "r0"]
    asyncio.run(page._go_newest())
    assert (rules(page)[0], len(rules(page))) == (f"r{ALERTS + 2}", ALERTS)


def test_a_hunt_that_is_not_there_is_told(build, canvas, texts):
    build("none")
    assert GONE in texts(canvas)


def test_sql_keeps_its_lines_and_shows_what_is_invisible():
    assert visible_lines("SELECT 1\n  -- a\u202eb\n") == "SELECT 1\n  -- a⟨U+202E⟩b"


@pytest.mark.browser
def test_from_the_list_through_a_hunt_to_one_of_its_alerts(site, visiting, make):
    site.state.add_matches(NAME, make.alert(rule="seen by the hunt", output=HOSTILE))
    with visiting("/hunts") as page:
        page.locator(".hunt", has_text="slow/rules & more").wait_for()
        page.locator(".hunt", has_text=NAME).click()
        page.locator(".about .sql").wait_for()
        assert "subresource = 'exec'" in page.locator(".about .sql").inner_text()
        page.locator(".alert", has_text="seen by the hunt").first.click()
        page.locator(".panel", has_text="seen by the hunt").wait_for()
        assert "\u202e" not in page.locator("body").inner_text()
        assert page.evaluate("window.pwned") is None


@pytest.mark.browser
def test_a_name_with_signs_of_addresses_leads_to_its_hunt(site, visiting):
    with visiting("/hunts") as page:
        page.locator(".hunt", has_text="slow/rules & more").click()
        page.locator(".about", has_text="Secrets listed, Shell in a pod").wait_for()
        assert "It has led to no alert yet." in page.locator(".alerts").inner_text()


@pytest.mark.browser
def test_on_a_phone_hunts_are_not_wider_than_the_screen(site, visiting, make):
    site.state.add_matches(NAME, make.alert(output="word" * 100))
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting("/hunts", **phone) as page:
        page.locator(".hunt").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".hunt").first.tap()
        page.locator(".alert").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
