"""Alerts appended to a file, at once; survives rotation, deletion and a full disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from lanner.config.typed import PathText
from lanner.detect.alert import Alert
from lanner.outputs.form import Form, FormSettings
from lanner.outputs.lines import LineWriter
from lanner.outputs.output import DeliveryError, OutputName


class FileSettings(FormSettings, kw_only=True, tag="file", tag_field="type"):
    """Appends each alert as one line to a file."""

    path: Annotated[PathText, Meta(min_length=1, description="The file; its folder is made when it is missing.")]
    name: OutputName = ""
    keep_alive: Annotated[
        bool, Meta(description="Keep the file open between alerts; it is opened anew after rotation either way.")
    ] = True
    mode: Annotated[
        str, Meta(pattern="^0?[0-7]{3}$", description="Permissions of a new file, octal and in quotes.")
    ] = "0600"


class FileOutput:
    """Looks before each list whether the path still names the open file, and opens it anew when not."""

    immediate = True

    def __init__(self, settings: FileSettings) -> None:
        self._path = Path(settings.path)
        self.name = settings.name or f"file:{self._path}"
        self._form = Form(settings)
        self._keep_alive = settings.keep_alive
        self._mode = int(settings.mode, 8)
        self._descriptor = -1
        self._writer = LineWriter(-1)

    def send(self, alerts: Sequence[Alert]) -> None:
        """Append all alerts; raise DeliveryError, always retryable, with no half line left in the file."""
        sent = 0
        try:
            self._open_when_moved()
            self._writer.write([self._form.encode(alert) for alert in alerts])
        except DeliveryError as error:
            sent = error.sent
            raise self._failure(str(error), sent) from error
        except OSError as error:
            raise self._failure(error.strerror or str(error), sent) from error
        finally:
            if not self._keep_alive:
                self.close()

    def close(self) -> None:
        """Close the file; the next send opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _failure(self, reason: str, sent: int) -> DeliveryError:
        return DeliveryError(f"cannot write alerts to {self._path}: {reason}", retryable=True, sent=sent)

    def _open_when_moved(self) -> None:
        if self._descriptor >= 0 and self._is_current():
            return
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Without O_NONBLOCK, opening a named pipe that nobody reads would hang; writing itself shall wait.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY
        is_new = not self._path.exists()
        self._descriptor = os.open(self._path, flags, self._mode)
        if is_new:
            os.fchmod(self._descriptor, self._mode)  # the mode that was asked for, whatever the umask takes away
        os.set_blocking(self._descriptor, True)
        self._writer = LineWriter(self._descriptor, torn=self._ends_torn())

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def _ends_torn(self) -> bool:
        """Tell whether a crash left the file without a newline at its end, so that the next alert must not join it."""
        try:
            if not self._path.is_file() or os.fstat(self._descriptor).st_size == 0:
                return False
            with self._path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                return file.read(1) != b"\n"
        except OSError:
            return False
