"""The REST API: alerts, the events behind them, status and quarantine. It only reads."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from lanner.audit.redaction.redactor import Redactor
from lanner.detect.alert import PRIORITIES
from lanner.settings.hunts import LONGEST_HUNT
from lanner.state.kept import Quarantined, StoredAlert
from lanner.web.exposition import exposition
from lanner.web.feed import Feed, Snapshot
from lanner.web.health import judge
from lanner.web.masking import mask_event

SAMPLE_BYTES = 4096
LARGEST_NUMBER = (1 << 62) - 1
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER, description="An alert's number.")]
Bound = Annotated[int | None, Query(ge=0, le=LARGEST_NUMBER)]


class AlertList(BaseModel):
    """Alerts, newest first; `next_before` goes into `before` to read on, and is null at the end."""

    alerts: list[dict[str, Any]]
    next_before: int | None


class StatusReport(BaseModel):
    """Whether lanner works, in words, and the figures of each part."""

    healthy: bool
    words: list[str]
    parts: dict[str, dict[str, Any]]
    alerts: dict[str, int]
    quarantine: dict[str, int]
    deliveries: list[dict[str, Any]]


class QuarantineList(BaseModel):
    """Rejected input, newest first; `sample` is base64 of its first bytes."""

    counts: dict[str, int]
    entries: list[dict[str, Any]]


def alert_routes(feed: Feed, redactor: Callable[[], Redactor]) -> APIRouter:
    """Make the routes to alerts and their events; they raise GroundError while there is no state database."""
    router = APIRouter(prefix="/api/v1/alerts")

    @router.get("")
    def alerts(
        *,
        after: Bound = None,
        before: Bound = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        least: Annotated[str, Query(description=f"The lowest priority wanted: {', '.join(PRIORITIES)}.")] = "Debug",
        rule: Annotated[str, Query(max_length=500, description="The name of one rule.")] = "",
        hunt: Annotated[str, Query(max_length=LONGEST_HUNT, description="The name of the hunt that found them.")] = "",
    ) -> AlertList:
        """Return alerts newest first."""
        lowest = _priority(least)
        found = feed.store().alerts(after=after or 0, before=before, limit=limit, least=lowest, rule=rule, hunt=hunt)
        rest = found[-1].id if len(found) == limit else None
        return AlertList(alerts=[_alert(stored) for stored in found], next_before=rest)

    @router.get("/{number}")
    def alert(number: Number) -> dict[str, Any]:
        """Return one alert."""
        found = feed.store().alerts(after=number - 1, before=number + 1, limit=1)
        if not found:
            raise HTTPException(404, f"there is no alert {number}")
        return _alert(found[0])

    @router.get("/{number}/event", response_class=Response, responses={200: {"content": {"application/json": {}}}})
    def event(number: Number, *, reveal: bool = False) -> Response:
        """Return the event behind an alert; secret values kept in clear are masked unless `reveal` is true."""
        text = feed.store().alert_event(number)
        if not text:
            raise HTTPException(404, f"there is no event of an alert {number}")
        masked = mask_event(text, redactor())
        headers = {"X-Lanner-Sensitive": str(masked.hidden), "Cache-Control": "no-store"}
        return Response(text if reveal else masked.text, media_type="application/json", headers=headers)

    return router


def state_routes(feed: Feed, expected: tuple[str, ...]) -> APIRouter:
    """Make the routes to status, quarantine, health and metrics; `expected` names the parts that must answer."""
    router = APIRouter()

    @router.get("/api/v1/status")
    def status() -> StatusReport:
        """Return the state of all parts."""
        return _report(feed.snapshot, expected)

    @router.get("/api/v1/quarantine")
    def quarantine(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> QuarantineList:
        """Return what was rejected, newest first."""
        store = feed.store()
        entries = [_entry(entry) for entry in store.quarantined(limit)]
        return QuarantineList(counts=store.quarantine_counts(), entries=entries)

    @router.get("/healthz", response_class=Response)
    def healthz() -> Response:
        """Answer 200 when each part answers, else 503; the body says which does not."""
        health = judge(feed.snapshot, expected)
        return Response(health.text + "\n", 503 if health.silent else 200, media_type="text/plain")

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Return the metrics in Prometheus' text form."""
        return Response(exposition(feed, expected), media_type="text/plain; version=0.0.4")

    return router


def unavailable(_request: Request, error: Exception) -> Response:
    """Turn a GroundError into 503 with its words."""
    return JSONResponse({"detail": str(error)}, 503)


def _priority(word: str) -> str:
    for known in PRIORITIES:
        if known.lower() == word.lower():
            return known
    raise HTTPException(422, f"least={word!r} is not a priority; known are {', '.join(PRIORITIES)}")


def _alert(stored: StoredAlert) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(stored.alert)
    return {"id": stored.id, **found}


def _entry(entry: Quarantined) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.structs.asdict(entry)
    return {**found, "sample": base64.b64encode(entry.sample[:SAMPLE_BYTES]).decode()}


def _report(snapshot: Snapshot, expected: tuple[str, ...]) -> StatusReport:
    health = judge(snapshot, expected)
    counts: Counter[str] = Counter()
    for _rule, priority, number in snapshot.alert_counts:
        counts[priority] += number
    return StatusReport(
        healthy=health.level == "ok",
        words=health.words,
        parts=snapshot.statuses,
        alerts=dict(counts),
        quarantine=snapshot.quarantine_counts,
        deliveries=[msgspec.structs.asdict(delivery) for delivery in snapshot.deliveries],
    )
