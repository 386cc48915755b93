"""The API's part about incidents over a real state database."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from lanner.settings.model import Settings
from lanner.web.application import api_application
from lanner.web.feed import Feed

WORST, MIDDLE, LEAST = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


@pytest.fixture
def ask(state, make):
    """Three incidents, one of which another went into; gives a function from path to answer."""
    state.add_incident(make.incident(LEAST, score=5, updated="2026-01-01T00:00:00.000000000Z"), make.alert(rule="l"))
    state.add_incident(make.incident("dddddddddddd"), make.alert(rule="joined"), into=WORST)
    state.add_incident(make.incident(WORST, score=300), make.alert(rule="w1"), make.alert(rule="w2"))
    state.add_incident(make.incident(MIDDLE, score=50))
    feed = Feed(state.path)
    feed.poll()
    transport = httpx.ASGITransport(app=api_application(Settings(), feed))

    async def get(path):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    yield lambda path: asyncio.run(get(path))
    feed.close()


@pytest.mark.parametrize(
    ("query", "ids", "further"),
    [
        ("", [WORST, MIDDLE, LEAST], None),
        ("?limit=2", [WORST, MIDDLE], 2),
        ("?limit=2&offset=2", [LEAST], None),
        ("?since=2026-01-02", [WORST, MIDDLE], None),
        ("?since=2027-01-01T00:00:00Z", [], None),
    ],
)
def test_incidents_come_worst_first_in_the_bounds_asked_for(ask, query, ids, further):
    answer = ask(f"/api/v1/incidents{query}").json()
    assert ([each["id"] for each in answer["incidents"]], answer["next_offset"]) == (ids, further)


def test_an_incident_says_its_story_and_tactics_in_the_order_of_an_attack(ask):
    incident = ask(f"/api/v1/incidents/{WORST}").json()["incident"]
    assert incident["tactics"] == ["initial-access", "persistence"]
    assert incident["story"].startswith("mallory (also as system:serviceaccount:dev:builder) from 10.2.2.2: Shell")


@pytest.mark.parametrize("number", [WORST, "dddddddddddd"])
def test_alerts_of_an_incident_include_those_of_incidents_that_went_into_it(ask, number):
    answer = ask(f"/api/v1/incidents/{number}").json()
    assert (answer["incident"]["id"], [alert["rule"] for alert in answer["alerts"]]) == (WORST, ["joined", "w1", "w2"])


def test_alerts_of_an_incident_are_read_piece_by_piece(ask):
    first = ask(f"/api/v1/incidents/{WORST}?limit=2").json()
    second = ask(f"/api/v1/incidents/{WORST}?limit=2&after={first['next_after']}").json()
    assert [alert["rule"] for alert in first["alerts"] + second["alerts"]] == ["joined", "w1", "w2"]
    assert second["next_after"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?limit=0", 422),
        ("?limit=1001", 422),
        ("?offset=-1", 422),
        ("?offset=99999999999", 422),
        ("?since=yesterday", 422),
        ("/eeeeeeeeeeee", 404),
        ("/..%2f..%2fetc", 404),
        ("/<script>", 422),
        (f"/{WORST}?limit=0", 422),
        (f"/{WORST}?after=x", 422),
    ],
)
def test_what_cannot_be_answered_says_so(ask, path, status):
    assert ask(f"/api/v1/incidents{path}").status_code == status
