"""All checks of an installation, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.pipeline import checks_ground, checks_inputs, checks_running
from lanner.pipeline.checks import Check, Finding, Ground
from lanner.settings.model import Settings

QUICK: tuple[Check, ...] = (checks_running.parts, checks_running.complaints, checks_running.outputs)

CHECKS: tuple[Check, ...] = (
    checks_ground.data_folder,
    checks_inputs.audit_logs,
    checks_inputs.webhooks,
    checks_ground.inotify,
    checks_inputs.rules,
    checks_inputs.policy,
    checks_ground.state,
    checks_ground.waiting,
    checks_ground.archive,
    checks_ground.page,
    *QUICK,
    checks_running.hunts,
    checks_running.notes,
    checks_running.clock,
    checks_running.quarantine,
    checks_ground.versions,
)


def examine(settings: Settings, *, quick: bool = False) -> Iterator[Finding]:
    """Give what each check finds; `quick` reads only the state database and takes a silent part for a problem."""
    ground = Ground(settings, probe=quick)
    for check in QUICK if quick else CHECKS:
        yield from check(ground)
