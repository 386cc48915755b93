"""The web application: API, metrics and page behind one guard."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path as File
from typing import Annotated

from fastapi import FastAPI, Path, Query
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from lanner import __version__
from lanner.audit.redaction.redactor import Redactor
from lanner.config.folders import DataFolder
from lanner.config.salt import load_salt
from lanner.errors import GroundError
from lanner.settings.hunts import LONGEST_HUNT
from lanner.settings.model import Settings
from lanner.web.api import alert_routes, state_routes, unavailable
from lanner.web.clients import follow
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.guard import Guard, Hosts
from lanner.web.health import parts
from lanner.web.hunt_api import hunt_routes
from lanner.web.hunt_page import HuntPage
from lanner.web.hunts_page import HuntsPage
from lanner.web.incident_api import NUMBER, incident_routes
from lanner.web.incident_page import IncidentPage
from lanner.web.incidents_page import IncidentsPage
from lanner.web.page import overview

STATIC = File(__file__).parent / "static"
HISTORY = 60
"""Messages kept for a browser that reconnects; one that was away for longer loads the page again."""


def api_application(settings: Settings, feed: Feed) -> FastAPI:
    """Make the API alone; its OpenAPI document is served, the pages that draw it are not: they come from a CDN."""
    app = FastAPI(
        title="lanner", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json"
    )
    app.include_router(alert_routes(feed, cache(partial(_redactor, settings))))
    app.include_router(incident_routes(feed))
    app.include_router(hunt_routes(feed, settings.hunts))
    app.include_router(state_routes(feed, parts(settings)))
    app.add_exception_handler(GroundError, unavailable)
    return app


def _redactor(settings: Settings) -> Redactor:
    return Redactor(settings.redaction, load_salt(DataFolder(settings.data_folder).salt))


def application(settings: Settings, feed: Feed, listen_host: str) -> ASGIApp:
    """Make the whole application; NiceGUI allows one in a process."""
    app = api_application(settings, feed)
    app.mount("/assets", StaticFiles(directory=STATIC), name="assets")

    _add_pages(settings, feed, Descriptions(settings.rules))

    nicegui_app.config.socket_io_js_transports = ["websocket"]
    ui.run_with(
        app,
        title="lanner",
        dark=None,
        tailwind=False,
        binding_refresh_interval=None,
        message_history_length=HISTORY,
        show_welcome_message=False,
        gzip_middleware_factory=None,
    )
    return GZipMiddleware(Guard(app, Hosts(listen_host, settings.host, settings.web.hosts)), minimum_size=1000)


def _add_pages(settings: Settings, feed: Feed, descriptions: Descriptions) -> None:
    page = partial(ui.page, title=f"lanner · {settings.host}", favicon=STATIC / "lanner.svg")

    @page("/")
    def _overview() -> None:
        _dress()
        overview(settings, feed, descriptions)

    @page("/incidents")
    def _incidents() -> None:
        _dress()
        follow(feed, lambda: IncidentsPage(settings, feed))

    @page("/incidents/{number}")
    def _incident(number: Annotated[str, Path(pattern=NUMBER)]) -> None:
        _dress()
        follow(feed, lambda: IncidentPage(settings, feed, descriptions, number))

    @page("/hunts")
    def _hunts() -> None:
        _dress()
        follow(feed, lambda: HuntsPage(settings, feed))

    @page("/hunt")
    def _hunt(name: Annotated[str, Query(max_length=LONGEST_HUNT)] = "") -> None:
        _dress()
        follow(feed, lambda: HuntPage(settings, feed, descriptions, name))


def _dress() -> None:
    ui.add_head_html(f'<link rel="stylesheet" href="/assets/lanner.css?v={__version__}">')
