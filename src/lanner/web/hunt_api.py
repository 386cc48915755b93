"""The REST API's part about saved hunts. It only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel

from lanner.settings.hunts import SavedHunt
from lanner.web.feed import Feed
from lanner.web.hunt_rows import make_views


class HuntList(BaseModel):
    """The hunts of lanner.yaml in its order; their alerts are at `/api/v1/alerts?hunt=NAME`."""

    hunts: list[dict[str, Any]]


def hunt_routes(feed: Feed, hunts: Sequence[SavedHunt]) -> APIRouter:
    """Make the route to hunts; it raises GroundError while there is no state database."""
    router = APIRouter(prefix="/api/v1/hunts")

    @router.get("")
    def saved() -> HuntList:
        """Return the saved hunts: what each asks, when it is asked, and how its last run went."""
        views = make_views(hunts, feed.snapshot, feed.store().hunt_counts())
        return HuntList(hunts=[{**msgspec.to_builtins(view), "state": view.state} for view in views])

    return router
