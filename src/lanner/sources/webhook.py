"""The webhook source: kube-apiserver's audit webhook backend posts its batches here, over HTTP or HTTPS."""

from __future__ import annotations

import threading

from lanner.audit.batch import Checkpoint
from lanner.sources.source import Emit, Note
from lanner.sources.webhook_settings import WebhookSettings, listen_address


class WebhookSource:
    """Serves the webhook in the source's thread."""

    def __init__(self, settings: WebhookSettings, note: Note) -> None:
        self.settings, self.id, self._note = settings, settings.source_id, note
        listen_address(settings.listen)

    def run(self, checkpoint: Checkpoint | None, emit: Emit, stop: threading.Event) -> None:  # noqa: ARG002 - the protocol's
        """Serve until `stop`; the checkpoint is always empty, for the sender keeps what was not answered with 200."""
        from lanner.sources.webhook_server import serve  # noqa: PLC0415 - uvicorn is heavy; light commands load this room

        serve(self.settings, emit, stop, self._note)
