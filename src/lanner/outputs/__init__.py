"""Where alerts go: one file an output and one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lanner.outputs.file import FileOutput, FileSettings
from lanner.outputs.http import HttpOutput, HttpSettings
from lanner.outputs.output import DeliveryError, Output
from lanner.outputs.stdout import StdoutOutput, StdoutSettings

OutputSettings = StdoutSettings | FileSettings | HttpSettings

_OUTPUTS: Mapping[type, Callable[[Any], Output]] = {
    StdoutSettings: StdoutOutput,
    FileSettings: FileOutput,
    HttpSettings: HttpOutput,
}

__all__ = ["DeliveryError", "Output", "OutputSettings", "create"]


def create(settings: OutputSettings) -> Output:
    """Make the output that the settings describe; opens nothing before the first send."""
    return _OUTPUTS[type(settings)](settings)
