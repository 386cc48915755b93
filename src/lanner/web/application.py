"""The web application: API, metrics and page behind one guard."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from nicegui import ui
from starlette.staticfiles import StaticFiles

from lanner import __version__
from lanner.settings.model import Settings
from lanner.web.feed import Feed
from lanner.web.page import overview

STATIC = Path(__file__).parent / "static"


def build(settings: Settings, feed: Feed) -> FastAPI:
    """Make the application; NiceGUI allows one in a process."""
    app = FastAPI(title="lanner", version=__version__, docs_url=None, redoc_url=None)
    app.mount("/assets", StaticFiles(directory=STATIC), name="assets")

    @ui.page("/", title="lanner", dark=None)
    def _overview() -> None:
        overview(settings, feed)

    ui.run_with(
        app, title="lanner", dark=None, tailwind=False, show_welcome_message=False, gzip_middleware_factory=None
    )
    return app
