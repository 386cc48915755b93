"""HTTP connections that end when a request's head does not arrive: uvicorn itself waits for it without end."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def bounded_protocol(seconds: float) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol, closing a connection when the head of a request takes longer than `seconds`.

    Bytes that trickle in do not prolong it; else a few idle peers would hold all of `max_connections` for ever.
    """

    class BoundedProtocol(HttpToolsProtocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)
            self._watch_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget_head()
            super().connection_lost(exc)

        def _watch_head(self) -> None:
            # No cycle yet: no head has come on this connection.
            if not getattr(self.cycle, "response_complete", True):
                self._forget_head()
            elif self._deadline is None:
                self._deadline = self.loop.call_later(seconds, self.transport.close)

        def _forget_head(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return BoundedProtocol
