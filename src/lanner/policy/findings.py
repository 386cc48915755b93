"""What is said about a policy: one shape for kube-apiserver's errors and warnings and for lint's findings."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class PolicyFinding(NamedTuple):
    """One remark. `rule` counts from 0, None where it is about the whole policy; line and column from 1, 0 unknown."""

    check: str
    severity: Severity
    message: str
    rule: int | None = None
    line: int = 0
    column: int = 0
    fix: str = ""
