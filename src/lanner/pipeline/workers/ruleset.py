"""The rules as the parent hands them to its workers: loaded and validated once, so that all use the same.

Workers only find what correlations look at; the parent, which sees everything in order, correlates.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from lanner.detect.alert import Alert, encode_alert
from lanner.detect.engine import Engine, Matching
from lanner.rules.correlation.model import Correlation
from lanner.rules.ruleset import Rule

if TYPE_CHECKING:
    from lanner.audit.redaction.redactor import Redaction  # a worker that has it loads it with its rules

Form = Literal["json", "text"]


def text_line(alert: Alert) -> bytes:
    """Return an alert as `lanner replay` prints it for people, without a newline."""
    from lanner.outputs.form import escape_controls  # noqa: PLC0415  # loads all outputs, which most workers never use

    return escape_controls(f"{alert.time}: {alert.priority} {alert.output}").encode()


FORMS: dict[Form, Callable[[Alert], bytes]] = {"json": encode_alert, "text": text_line}


@dataclass(frozen=True)
class RuleSet:
    """Rules that load, how they match, the form in which alerts are wanted, and what they must not show."""

    rules: tuple[Rule, ...]
    matching: Matching = "all"
    hostname: str = ""
    form: Form = "json"
    correlations: tuple[Correlation, ...] = ()
    redaction: Redaction | None = None

    @cached_property
    def packed(self) -> bytes:
        """The bytes for `unpack`."""
        parts = (self.rules, self.matching, self.hostname, self.form, self.correlations, self.redaction)
        return pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)

    @classmethod
    def unpack(cls, data: bytes) -> RuleSet:
        """Read what `packed` gave; only for bytes from the parent process."""
        return cls(*pickle.loads(data))  # noqa: S301 - it comes from the parent by memory that no other process has

    def engine(self) -> Engine:
        """Compile the rules."""
        return Engine(
            self.rules,
            correlations=self.correlations,
            matching=self.matching,
            hostname=self.hostname,
            shown=self.redaction.redactor().redact_event if self.redaction else None,
        )
