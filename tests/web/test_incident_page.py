"""The page of one incident, without a browser and in a real one."""

from __future__ import annotations

import asyncio

import pytest

from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.incident_page import ALERTS, GONE, IncidentPage

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> {{7*7}} \u202e'
NUMBER = "0123456789ab"


@pytest.fixture
def build(canvas, state):
    """A function that makes the page of one incident and lets it read."""
    feed = Feed(state.path)
    settings = Settings(hostname="control-1")

    def made(number=NUMBER):
        page = IncidentPage(settings, feed, Descriptions(settings.rules), number)
        asyncio.run(page.update(feed.poll()))
        return page

    yield made
    feed.close()


def rules(page):
    return [row["rule"] for row in page._list.props["rows"]]


def test_an_incident_shows_its_facts_and_its_alerts_in_the_order_of_time(build, canvas, texts, state, make):
    late = make.alert(rule="late", time="2026-01-02T03:04:07.000000000Z")
    state.add_incident(make.incident(), late, make.alert(rule="early"))
    page = build()
    assert rules(page) == ["early", "late"]
    assert {"2x Secrets listed, 1x Shell in a pod", "mallory, system:serviceaccount:dev:builder"} <= set(texts(canvas))


def test_why_an_incident_was_raised_is_among_its_facts(build, canvas, texts, state, make):
    state.add_incident(make.incident(worst="Error", telling=["Shell in a pod"]), make.alert())
    build()
    raised = "Critical, raised from Error because of 2 tactics (initial-access, persistence) by 1 rules"
    assert raised in texts(canvas)


def test_what_happens_while_the_page_is_open_is_shown(build, state, make):
    state.add_incident(make.incident(), make.alert(rule="first"))
    page = build()
    state.add_incident(make.incident(alerts=4, score=200), make.alert(rule="second"))
    page._loaded = 0.0
    asyncio.run(page.update(page._feed.poll()))
    assert (rules(page), page._shown.score) == (["first", "second"], 200)


def test_the_id_of_an_incident_that_went_into_another_leads_there(build, canvas, texts, state, make):
    state.add_incident(make.incident("dddddddddddd"), make.alert(rule="joined"), into=NUMBER)
    state.add_incident(make.incident(), make.alert(rule="own"))
    assert rules(build("dddddddddddd")) == ["joined", "own"]
    assert NUMBER in texts(canvas)


def test_an_incident_that_is_not_there_is_told(build, canvas, texts):
    build("ffffffffffff")
    assert GONE in texts(canvas)


def test_more_alerts_than_a_page_holds_are_read_later(build, state, make):
    state.add_incident(make.incident(), *(make.alert(rule=f"r{number}") for number in range(ALERTS + 3)))
    page = build()
    asyncio.run(page._go_further())
    assert rules(page) == ["r200", "r201", "r202"]
    asyncio.run(page._go_back())
    assert (rules(page)[0], len(rules(page))) == ("r0", ALERTS)


@pytest.mark.browser
def test_from_the_list_through_an_incident_to_an_alert_and_its_event(site, visiting, make):
    site.state.add_incident(
        make.incident("1111aaaa2222", actors=[HOSTILE], rules={HOSTILE: 1}, score=9000),
        make.alert(make.event(user={"username": HOSTILE}), rule=HOSTILE, output=HOSTILE),
    )
    with visiting("/incidents") as page:
        first = page.locator(".incident").first
        first.wait_for()
        assert "score 9000" in first.inner_text()
        first.click()
        page.locator(".alert").first.click()
        page.locator(".event-tree .node").first.wait_for()
        page.get_by_role("link", name="the incident that it belongs to").wait_for()
        text = page.locator("body").inner_text()
        assert "<script>window.pwned=1</script> {{7*7}} ⟨U+202E⟩" in text
        assert "\u202e" not in text
        assert page.evaluate("window.pwned") is None
        assert page.locator(".page img, .page script").count() == 0


@pytest.mark.browser
def test_on_a_phone_incidents_are_not_wider_than_the_screen(site, visiting, make):
    long = make.incident("3333aaaa2222", actors=["long" * 60], objects=["secrets/a/" + "b" * 200], score=9500)
    site.state.add_incident(long, make.alert(output="word" * 100))
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting("/incidents", **phone) as page:
        page.locator(".incident").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".incident").first.tap()
        page.locator(".alert").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
