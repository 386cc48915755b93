"""Checks of what comes in: audit logs, the webhook's port and files, rules."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from lanner.audit.decode import decode
from lanner.errors import LannerError
from lanner.pipeline import rulebook
from lanner.pipeline.checks import Finding, Ground
from lanner.policy.lint import lint
from lanner.policy.loading import load_policy
from lanner.sources.file_discover import discover
from lanner.sources.file_settings import FileSettings
from lanner.sources.webhook_settings import WebhookSettings, listen_address

TAIL_BYTES = 4 * 1024 * 1024
SHOWN_LOGS = 20
STILL_SECONDS = 600.0
CONNECT_SECONDS = 1.0


def audit_logs(ground: Ground) -> Iterator[Finding]:
    """Each log of each file source: there, readable, an audit log, growing."""
    for source in ground.settings.sources:
        if isinstance(source, FileSettings):
            yield from _source(source)


def _source(source: FileSettings) -> Iterator[Finding]:
    try:
        logs = discover(source.path)
    except OSError as error:
        yield Finding("audit log", "problem", f"{source.path}: {error.strerror}", "let this user list the folder")
        return
    if not logs:
        yield Finding("audit log", "warning", f"{source.path}: no log there yet", _flags(source.path))
    for log in logs[:SHOWN_LOGS]:
        yield _log(Path(log.live))


def _flags(path: str) -> str:
    return f"is it the path that kube-apiserver is given (--audit-log-path)? here it is {path}"


def _log(path: Path) -> Finding:
    try:
        status = path.stat()
        line = _last_line(path, status.st_size)
    except FileNotFoundError:
        return Finding("audit log", "warning", f"{path}: no such file yet", _flags(str(path)))
    except OSError as error:
        return Finding("audit log", "problem", f"{path}: {error.strerror}", _readable(path))
    if line is None:
        return Finding("audit log", "warning", f"{path}: empty", "does the audit policy log anything?")
    refusals = decode(line).refusals
    if refusals:
        message = f"{path}: its last line is no audit event: {refusals[0].reason}"
        return Finding(
            "audit log", "problem", message, "name the log that kube-apiserver writes (--audit-log-format=json)"
        )
    still = time.time() - status.st_mtime
    if still > STILL_SECONDS:
        message = f"{path}: nothing was written for {still / 60:.0f} minutes"
        return Finding(
            "audit log", "warning", message, "does kube-apiserver still write here? see its --audit-log-path"
        )
    return Finding("audit log", "ok", f"{path}: readable, {status.st_size:,} bytes, written {max(still, 0):.0f} s ago")


def _last_line(path: Path, size: int) -> bytes | None:
    """Return the last whole line; None of an empty file. One longer than TAIL_BYTES comes cut."""
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        lines = file.read(TAIL_BYTES).rpartition(b"\n")[0].splitlines()
    return lines[-1] if lines else None


def _readable(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return f"let user {os.geteuid()} enter the folders of the path"
    mode = stat.filemode(status.st_mode)
    return f"it is {mode} of {status.st_uid}:{status.st_gid}; run lanner as that user or in that group, or as root"


def webhooks(ground: Ground) -> Iterator[Finding]:
    """Each webhook's certificate and token, and whether it listens."""
    for source in ground.settings.sources:
        if isinstance(source, WebhookSettings):
            yield from _webhook_files(source)
            yield _listening(source, running=ground.answers("ingest"))


def _webhook_files(source: WebhookSettings) -> Iterator[Finding]:
    tls = [source.tls.cert, source.tls.key, source.tls.client_ca] if source.tls else []
    for name in filter(None, [*tls, source.token_file]):
        if not os.access(name, os.R_OK):
            yield Finding("webhook", "problem", f"{name}: missing or not readable", "make it readable for this user")


def _listening(source: WebhookSettings, *, running: bool) -> Finding:
    host, port = listen_address(source.listen)
    listens = connects(host, port)
    if listens and not running:
        return Finding(
            "webhook", "problem", f"{source.listen} is in use by another program", "set listen to a free port"
        )
    if running and not listens:
        return Finding("webhook", "problem", f"{source.listen}: lanner runs but does not listen", "read its log")
    return Finding("webhook", "ok", f"{source.listen}: {'listening' if listens else 'free'}")


def connects(host: str, port: int) -> bool:
    """Say whether something accepts connections there; an address that means all is tried on loopback."""
    target = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        socket.create_connection((target, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def rules(ground: Ground) -> Iterator[Finding]:
    """Whether the rules load."""
    try:
        loaded = rulebook.load_rules(ground.settings.rules)
    except LannerError as error:
        yield Finding("rules", "problem", str(error), "mend these places; `lanner rules check FILE` shows them too")
        return
    switches = [rule.enabled for rule in loaded.rules] + [each.enabled for each in loaded.correlations]
    if any(switches):
        text = f"{sum(switches)} rules and correlations, {len(switches) - sum(switches)} switched off"
        yield Finding("rules", "ok", text)
    else:
        yield Finding(
            "rules", "warning", "no rule is enabled: nothing will be detected", "see rules.files and rules.select"
        )


def policy(ground: Ground) -> Iterator[Finding]:
    """Whether the audit policy that arriving events are compared with loads, and whether any deviated."""
    file = ground.settings.policy.file
    if not file:
        return
    try:
        loaded = load_policy(file)
    except LannerError as error:
        yield Finding("audit policy", "problem", str(error), "set policy.file to the file of --audit-policy-file")
        return
    if loaded.policy is None:
        fix = f"`lanner policy check {file}` shows the places"
        yield Finding("audit policy", "problem", f"{file}: kube-apiserver would refuse it: {loaded.refusal}", fix)
        return
    yield _loaded(ground, file, len(loaded.policy.rules), len(lint(loaded)))


def _loaded(ground: Ground, file: str, rules: int, remarks: int) -> Finding:
    counts = ground.known.statuses.get("ingest", {}).get("policy", {}).get("deviations", {})
    deviating = {kind: count for kind, count in counts.items() if count}
    if deviating:
        told = ", ".join(f"{count} {kind}" for kind, count in deviating.items())
        fix = "the API server runs another policy, or did: see the alerts `Audit policy changed`"
        return Finding("audit policy", "warning", f"{file}: events deviated from it since lanner started: {told}", fix)
    more = f"; `lanner policy check` has {remarks} remarks" if remarks else ""
    return Finding("audit policy", "ok", f"{file}: loads, {rules} rules{more}")
