"""The REST API's part about incidents. It only reads."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel

from lanner.state.store import KEPT_INCIDENTS
from lanner.web.feed import Feed
from lanner.web.incident_rows import decoded

LARGEST_NUMBER = (1 << 62) - 1
TIME = r"^(\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z?)?)?$"
NUMBER = r"^[0-9a-f]{12}$"
IncidentId = Annotated[str, Path(pattern=NUMBER, description="An incident's id, also one that went into another.")]


class IncidentList(BaseModel):
    """Incidents, the worst first; `next_offset` goes into `offset` to read on, and is null at the end."""

    incidents: list[dict[str, Any]]
    next_offset: int | None


class IncidentReport(BaseModel):
    """One incident with its alerts, the oldest first; `next_after` goes into `after` to read on."""

    incident: dict[str, Any]
    alerts: list[dict[str, Any]]
    next_after: int | None


def incident_routes(feed: Feed) -> APIRouter:
    """Make the routes to incidents; they raise GroundError while there is no state database."""
    router = APIRouter(prefix="/api/v1/incidents")

    @router.get("")
    def incidents(
        since: Annotated[str, Query(pattern=TIME, description="Only those touched since this time, UTC.")] = "",
        offset: Annotated[int, Query(ge=0, le=KEPT_INCIDENTS)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> IncidentList:
        """Return incidents, those of the highest score first."""
        found = feed.store().worst_incidents(since=since, offset=offset, limit=limit)
        rest = offset + limit if len(found) == limit and offset + limit <= KEPT_INCIDENTS else None
        return IncidentList(incidents=[decoded(row).told() for row in found], next_offset=rest)

    @router.get("/{number}")
    def incident(
        number: IncidentId,
        after: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> IncidentReport:
        """Return one incident, or the one that it went into, with its alerts in the order of firing."""
        store = feed.store()
        row = store.incident(number)
        if row is None:
            raise HTTPException(404, f"there is no incident {number}")
        found = store.incident_alerts(row.id, after=after, limit=limit)
        return IncidentReport(
            incident=decoded(row).told(),
            alerts=[{"id": stored.id, **msgspec.to_builtins(stored.alert)} for stored in found],
            next_after=found[-1].id if len(found) == limit else None,
        )

    return router
