"""Alerts on standard output, at once."""

from __future__ import annotations

from collections.abc import Sequence

from lanner.detect.alert import Alert
from lanner.outputs.form import Form, FormSettings
from lanner.outputs.lines import LineWriter
from lanner.outputs.output import DeliveryError, OutputName


class StdoutSettings(FormSettings, tag="stdout", tag_field="type"):
    """Writes each alert as one line on standard output."""

    name: OutputName = ""


class StdoutOutput:
    """Writes to the descriptor itself, so that a failure leaves nothing in a buffer to appear twice."""

    immediate = True

    def __init__(self, settings: StdoutSettings, descriptor: int = 1) -> None:
        self.name = settings.name or "stdout"
        self._form = Form(settings)
        self._writer = LineWriter(descriptor)

    def send(self, alerts: Sequence[Alert]) -> None:
        """Write all alerts; raise DeliveryError, not retryable when the reading end of the pipe is gone."""
        try:
            self._writer.write([self._form.encode(alert) for alert in alerts])
        except DeliveryError as error:
            reason = str(error) if error.retryable else "the program that read it has ended"
            message = f"cannot write alerts to standard output: {reason}"
            raise DeliveryError(message, retryable=error.retryable, sent=error.sent) from error

    def close(self) -> None:
        """Leave standard output open; it is not ours."""
