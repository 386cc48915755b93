"""The REST API over a real state database."""

from __future__ import annotations

import asyncio
import base64

import httpx
import pytest

from lanner.audit.redaction.marks import MARK
from lanner.settings.model import Settings
from lanner.web.application import api_application
from lanner.web.feed import Feed


def getter(feed):
    """Return a function that asks the API over this feed."""
    transport = httpx.ASGITransport(app=api_application(Settings(), feed))

    async def get(path):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return lambda path: asyncio.run(get(path))


@pytest.fixture
def ask(state, make):
    """Fills the database with three alerts and a reject; gives a function from path to answer."""
    secret = make.event(
        objectRef={"resource": "secrets", "name": "db"},
        responseObject={"kind": "Secret", "data": {"password": "aHVudGVyMg=="}},
    )
    state.publish()
    state.add(
        make.alert(rule="first", priority="Notice"),
        make.alert(secret, rule="second", priority="Critical"),
        make.alert(rule="first", priority="Warning"),
        rejects=(make.reject(),),
    )
    feed = Feed(state.path)
    feed.poll()
    yield getter(feed)
    feed.close()


@pytest.mark.parametrize(
    ("query", "numbers", "further"),
    [
        ("", [3, 2, 1], None),
        ("?limit=2", [3, 2], 2),
        ("?before=2", [1], None),
        ("?after=1&limit=2", [3, 2], 2),
        ("?least=warning", [3, 2], None),
        ("?rule=first", [3, 1], None),
    ],
)
def test_alerts_come_newest_first_in_the_bounds_asked_for(ask, query, numbers, further):
    answer = ask(f"/api/v1/alerts{query}").json()
    assert ([alert["id"] for alert in answer["alerts"]], answer["next_before"]) == (numbers, further)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/alerts?limit=0", 422),
        ("/api/v1/alerts?limit=1001", 422),
        ("/api/v1/alerts?least=awful", 422),
        ("/api/v1/alerts?before=99999999999999999999", 422),
        ("/api/v1/alerts/9", 404),
        ("/api/v1/alerts/x", 422),
        ("/api/v1/alerts/9/event", 404),
        ("/docs", 404),
        ("/redoc", 404),
        ("/api/v1/openapi.json", 200),
    ],
)
def test_what_cannot_be_answered_says_so(ask, path, status):
    assert ask(path).status_code == status


def test_one_alert_is_falcos_format_with_its_number(ask):
    alert = ask("/api/v1/alerts/2").json()
    assert (alert["id"], alert["rule"], alert["priority"], alert["tags"]) == (
        *(2, "second", "Critical"),
        ["T1609", "execution"],
    )


def test_the_event_of_a_secret_is_masked_unless_revealed(ask):
    masked, clear = ask("/api/v1/alerts/2/event"), ask("/api/v1/alerts/2/event?reveal=true")
    assert MARK.fullmatch(masked.json()["responseObject"]["data"]["password"].encode())
    assert clear.json()["responseObject"]["data"] == {"password": "aHVudGVyMg=="}
    assert (masked.headers["x-lanner-sensitive"], masked.headers["cache-control"]) == ("1", "no-store")


def test_status_reports_parts_counts_and_health(ask):
    report = ask("/api/v1/status").json()
    assert (report["healthy"], report["words"]) == (True, [])
    assert report["alerts"] == {"Notice": 1, "Critical": 1, "Warning": 1}
    assert (report["quarantine"], report["parts"]["ingest"]["events"]) == ({"not JSON": 1}, 12_345)


def test_quarantine_gives_places_and_samples(ask):
    (entry,) = ask("/api/v1/quarantine").json()["entries"]
    assert (entry["origin"], entry["offset"], entry["reason"]) == ("/logs/audit.log", 42, "not JSON (at byte 3)")
    assert base64.b64decode(entry["sample"]) == b'{"a":\x00 <b>'


def test_health_is_200_when_all_parts_answer(ask):
    assert (ask("/healthz").status_code, ask("/healthz").text) == (200, "all parts answer\n")


def test_without_a_database_everything_says_starting(tmp_path):
    get = getter(Feed(tmp_path / "none.db"))
    assert get("/healthz").status_code == 503
    assert get("/api/v1/alerts").json() == {"detail": "starting: there is no state database yet"}
    assert get("/api/v1/alerts").status_code == get("/api/v1/quarantine").status_code == 503
    assert get("/api/v1/status").json()["healthy"] is False


def test_metrics_are_text_that_prometheus_reads(ask):
    answer = ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'lanner_stored_alerts{priority="Critical",rule="second"} 1.0' in answer.text
