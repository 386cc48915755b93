"""Checks of what runs: do the parts answer, what do they complain of, do outputs take alerts, are clocks right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lanner.pipeline.checks import Finding, Ground, Verdict
from lanner.pipeline.counts import LOADED_AGAIN

MANY_WAITING = 100
LATE_SECONDS = 120.0
EARLY_SECONDS = -2.0
OVERDUE = dt.timedelta(minutes=15)


def parts(ground: Ground) -> Iterator[Finding]:
    """Each part publishes its status twice a second."""
    expected = ("ingest", "archiver") if ground.settings.archive.enabled else ("ingest",)
    silent: Verdict = "problem" if ground.probe else "warning"
    for part in expected:
        status = ground.known.statuses.get(part)
        if ground.answers(part):
            yield Finding("running", "ok", f"{part} answers{_workers(status or {})}")
        elif status is None:
            yield Finding("running", silent, f"{part} has not run: {ground.known.problem or 'no status'}", "lanner run")
        else:
            message = f"{part} does not answer; it was last heard of {status['age']:.0f} s ago"
            yield Finding("running", silent, message, "start `lanner run`, or read its log on standard error")


def _workers(status: dict[str, Any]) -> str:
    count, restarts = status.get("workers", 1), status.get("worker_restarts", 0)
    return f"; {count} processes detect, restarted {restarts} times" if count > 1 or restarts else ""


def complaints(ground: Ground) -> Iterator[Finding]:
    """What a part that runs says is wrong right now."""
    for part, status in sorted(ground.known.statuses.items()):
        if ground.answers(part) and status.get("problem"):
            yield Finding(
                "running", "problem", f"{part}: {status['problem']}", "it goes on by itself when this is mended"
            )


def hunts(ground: Ground) -> Iterator[Finding]:
    """What the scheduled hunts found when they ran last, and which of them failed."""
    asked = ground.known.statuses.get("archiver", {}).get("hunts", {})
    for saved in ground.settings.hunts:
        last = asked.get(saved.name)
        if saved.scheduled and not ground.settings.archive.enabled:
            message = f"'{saved.name}' never runs: there is no archive to ask"
            yield Finding("hunts", "warning", message, "set archive.enabled, or take `every` out of the hunt")
        elif saved.scheduled and last is not None and last["problem"]:
            message = f"'{saved.name}' failed at {last['asked']}: {last['problem']}"
            yield Finding(
                "hunts", "problem", message, f"mend it and try it: lanner hunt --saved '{saved.name}' -c lanner.yaml"
            )
        elif saved.scheduled and last is not None and ground.answers("archiver") and _overdue(last):
            message = f"'{saved.name}' was due at {last['next']} and did not run"
            yield Finding(
                "hunts", "warning", message, "hunts run one by one, and another takes long: bound it by `within`"
            )
        elif saved.scheduled and last is not None and last["asked"]:
            counts = f"{last['matches']} matches, {last['new']} of them new, in {last['seconds']:.1f} s"
            yield Finding("hunts", "ok", f"'{saved.name}' ran at {last['asked']}: {counts}")


def _overdue(last: dict[str, Any]) -> bool:
    return bool(last["next"]) and dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(last["next"]) > OVERDUE


def notes(ground: Ground) -> Iterator[Finding]:
    """What ingest has noted since it started: mistakes in rules, files that went away."""
    for note in ground.known.statuses.get("ingest", {}).get("notes", ()):
        mistake = "the rules have a mistake" in note
        verdict: Verdict = "ok" if note.startswith(LOADED_AGAIN) else "warning"
        yield Finding(
            "notes", verdict, note, "mend the rules; `lanner rules check` names each mistake" if mistake else ""
        )


def outputs(ground: Ground) -> Iterator[Finding]:
    """Whether each output takes its alerts."""
    for delivery in ground.known.deliveries:
        waiting = ground.known.waiting[delivery.output]
        many = f"{Ground.WAITING} or more" if waiting >= Ground.WAITING else str(waiting)
        counts = f"{delivery.sent} alerts sent, {many} waiting, {delivery.refused} refused"
        if delivery.error:
            message, fix = f"{delivery.output}: {delivery.error} ({counts})", "see that the target can be reached"
            yield Finding("outputs", "problem" if waiting else "warning", message, fix)
        elif waiting > MANY_WAITING:
            yield Finding("outputs", "warning", f"{delivery.output} is behind ({counts})", "is the target slow?")
        else:
            yield Finding("outputs", "ok", f"{delivery.output}: {counts}")


def clock(ground: Ground) -> Iterator[Finding]:
    """The newest event's own time against this machine's when it was handled."""
    lag = ground.known.statuses.get("ingest", {}).get("lag_seconds")
    if lag is None:
        return
    if lag < EARLY_SECONDS:
        message = f"the newest event came {-lag:.1f} s before its own time: the clocks differ"
        yield Finding(
            "clock", "warning", message, "synchronise this machine and the API server (chrony, systemd-timesyncd)"
        )
    elif lag > LATE_SECONDS:
        message = f"the newest event was {lag:.0f} s old when it was handled"
        yield Finding("clock", "warning", message, "normal while old logs are read; else compare the clocks")
    else:
        yield Finding("clock", "ok", f"the newest event was {lag:.3f} s old when it was handled")


def quarantine(ground: Ground) -> Iterator[Finding]:
    """Input that was no audit event."""
    counts = ground.known.quarantine
    if not counts:
        yield Finding("quarantine", "ok", "empty")
        return
    most = ", ".join(f"{count} x {reason}" for reason, count in list(counts.items())[:3])
    message = f"{sum(counts.values())} pieces of input were not audit events ({most})"
    yield Finding(
        "quarantine", "warning", message, "look at them on the web page; is another program writing to the log?"
    )
