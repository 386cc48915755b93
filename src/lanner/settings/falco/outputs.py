"""Falco's output channels and the form of what they write."""

from __future__ import annotations

from typing import Any

from lanner.outputs import OutputSettings
from lanner.outputs.file import FileSettings
from lanner.outputs.http import HttpSettings
from lanner.outputs.stdout import StdoutSettings
from lanner.outputs.throttle import ThrottleSettings
from lanner.settings.falco.reader import Reader
from lanner.settings.notes import Note

CHANNELS = frozenset({"stdout_output", "file_output", "http_output", "syslog_output", "program_output", "grpc_output"})
_HTTP_KNOWN = frozenset(
    {
        "enabled",
        "url",
        "user_agent",
        "insecure",
        "ca_cert",
        "ca_bundle",
        "ca_path",
        "mtls",
        "client_cert",
        "client_key",
        "echo",
        "compress_uploads",
        "keep_alive",
        "max_consecutive_timeouts",
    }
)
_FILE_KNOWN = frozenset({"enabled", "keep_alive", "filename"})


def output_settings(root: Reader) -> tuple[list[OutputSettings], list[Note]]:
    """Return the enabled outputs; a file that names no channel at all gets standard output."""
    form = _form(root)
    if not any(channel in root for channel in CHANNELS):
        return [StdoutSettings(**form)], []
    outputs: list[OutputSettings] = []
    stdout, file, http = (root.section(f"{kind}_output") for kind in ("stdout", "file", "http"))
    notes = stdout.unknown(frozenset({"enabled"})) + file.unknown(_FILE_KNOWN) + http.unknown(_HTTP_KNOWN)
    if stdout.flag("enabled", default=False):
        outputs.append(StdoutSettings(**form))
    if file.flag("enabled", default=False):
        keep_alive = file.flag("keep_alive", default=False)
        outputs.append(FileSettings(path=file.required("filename"), keep_alive=keep_alive, **form))
    if http.flag("enabled", default=False):
        outputs.append(_http(http, form))
        notes += _http_notes(http, root)
    if not outputs:
        notes.append(Note("warning", "no supported output is enabled; alerts are kept and shown on the page only"))
    return outputs, notes


def throttle_settings(root: Reader) -> ThrottleSettings:
    """Return the token bucket that Falco had under `outputs` until release 0.36."""
    section = root.section("outputs")
    burst = max(1, int(section.number("max_burst", 1000)))
    return ThrottleSettings(rate=section.number("rate", 0.0), max_burst=burst)


def _form(root: Reader) -> dict[str, Any]:
    def include(name: str, *, default: bool) -> bool:
        return root.flag(f"json_include_{name}_property", default=default)

    return {
        "format": "json" if root.flag("json_output", default=False) else "text",
        "time": "iso8601" if root.flag("time_format_iso_8601", default=False) else "local",
        "include_output": include("output", default=True),
        "include_message": include("message", default=False),
        "include_output_fields": include("output_fields", default=True),
        "include_tags": include("tags", default=True),
    }


def _http(http: Reader, form: dict[str, Any]) -> HttpSettings:
    url = http.required("url").strip("'\"")
    mtls = http.flag("mtls", default=False)
    try:
        return HttpSettings(
            url=url,
            user_agent=http.text("user_agent", "falcosecurity/falco"),
            insecure=http.flag("insecure", default=False),
            ca_cert=http.text("ca_cert") or http.text("ca_bundle"),
            ca_path=http.text("ca_path"),
            client_cert=http.text("client_cert", "/etc/ssl/certs/client.crt") if mtls else "",
            client_key=http.text("client_key", "/etc/ssl/certs/client.key") if mtls else "",
            **form,
        )
    except ValueError as error:
        node = http.get("url")
        assert node is not None
        raise http.origins.error(node, f"http_output.{error}") from None


def _http_notes(http: Reader, root: Reader) -> list[Note]:
    notes = []
    if not root.flag("json_output", default=False):
        message = "http_output posts plain text because json_output is false; falcosidekick needs `json_output: true`"
        notes.append(Note("warning", message))
    if http.flag("echo", default=False):
        notes.append(Note("warning", "http_output.echo is not supported; answers are shown only when they are errors"))
    if http.flag("compress_uploads", default=False):
        message = (
            "http_output.compress_uploads: bodies go uncompressed, as Falco sends them; lanner.yaml can compress them"
        )
        notes.append(Note("info", message))
    return notes
