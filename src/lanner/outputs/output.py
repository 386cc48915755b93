"""What every output is: a place that takes alerts, all of them or an error that says how many it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

from msgspec import Meta

from lanner.detect.alert import Alert
from lanner.errors import GroundError

OutputName = Annotated[
    str, Meta(max_length=200, description="Name of this output in messages, metrics and state; made from its target.")
]


class DeliveryError(GroundError):
    """An output took only the first `sent` alerts of a list.

    `retryable` tells whether the rest may get through later; when false, the alert after the first
    `sent` was refused for good and the ones behind it were not tried.
    """

    def __init__(self, message: str, *, retryable: bool, sent: int = 0) -> None:
        self.retryable, self.sent = retryable, sent
        super().__init__(message)


class Output(Protocol):
    """One place that alerts go to; called by one thread at a time."""

    name: str
    """Unique among the outputs of one installation; the delivery cursor is kept under it."""

    immediate: bool
    """True when it gets alerts before they are durable, because waiting would cost more than a repetition."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Deliver all alerts in order; raise DeliveryError with the count delivered when one fails."""

    def close(self) -> None:
        """Give back files and connections; may be called twice."""
