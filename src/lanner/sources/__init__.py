"""Where audit events come from: one file a source, one line here for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanner.sources.file import FileSettings, FileSource
from lanner.sources.source import Emit, Note, Source, log_note
from lanner.sources.stdin import StdinSettings, StdinSource
from lanner.sources.webhook import WebhookSource
from lanner.sources.webhook_settings import TlsSettings, WebhookSettings

__all__ = ["SOURCES", "Emit", "Note", "Source", "SourceSettings", "TlsSettings", "create"]

SourceSettings = FileSettings | WebhookSettings | StdinSettings

SOURCES: dict[type[Any], Callable[[Any, Note], Source]] = {
    FileSettings: FileSource,
    WebhookSettings: WebhookSource,
    StdinSettings: StdinSource,
}


def create(settings: SourceSettings, note: Note | None = None) -> Source:
    """Make the source that the settings describe; `note` hears of oddities, else they go to the log."""
    return SOURCES[type(settings)](settings, note or log_note(settings.source_id))
