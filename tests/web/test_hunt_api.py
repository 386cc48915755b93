"""The API's part about hunts over a real state database."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from lanner.settings.model import Settings
from lanner.web.application import api_application
from lanner.web.feed import Feed


@pytest.fixture
def ask(state, make):
    """Two hunts of which one has led to alerts; gives a function from path to answer."""
    state.publish()
    state.add(make.alert(rule="of the stream"))
    state.add_matches("exec by people", make.alert(rule="exec by people"), make.alert(rule="exec by people"))
    feed = Feed(state.path)
    feed.poll()
    transport = httpx.ASGITransport(app=api_application(Settings(hunts=make.hunts), feed))

    async def get(path):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    yield lambda path: asyncio.run(get(path))
    feed.close()


def test_hunts_say_what_they_ask_when_and_how_it_went(ask):
    first, second = ask("/api/v1/hunts").json()["hunts"]
    assert (first["name"], first["state"], first["alerts"], first["matches"]) == ("exec by people", "ok", 2, 12)
    assert (first["every"], first["within"], first["next_run"]) == ("1h", "6h", "2026-01-02T04:00:00+00:00")
    assert (second["state"], second["rules"]) == ("asked by you", ["Secrets listed", "Shell in a pod"])


def test_alerts_of_a_hunt_are_asked_for_by_its_name(ask):
    found = ask("/api/v1/alerts?hunt=exec%20by%20people&limit=1").json()
    assert ([alert["id"] for alert in found["alerts"]], found["next_before"]) == ([3], 3)
    rest = ask("/api/v1/alerts?hunt=exec%20by%20people&before=3").json()
    assert [alert["id"] for alert in rest["alerts"]] == [2]
    assert ask("/api/v1/alerts?hunt=none").json()["alerts"] == []
    assert ask(f"/api/v1/alerts?hunt={'x' * 201}").status_code == 422


def test_an_alert_that_holds_no_event_has_none(ask, state, make):
    new = make.alert()
    new.event = b""
    (number,) = state.add_matches("exec by people", new)
    assert ask(f"/api/v1/alerts/{number}/event").status_code == 404


def test_without_a_database_it_is_unavailable(tmp_path):
    app = api_application(Settings(), Feed(tmp_path / "none.db"))

    async def get():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
            return await client.get("/api/v1/hunts")

    assert asyncio.run(get()).status_code == 503
