"""Falco's `webserver`: on or off, its port, and in releases before 0.32 the endpoint for audit events."""

from __future__ import annotations

from lanner.settings.falco.reader import Reader
from lanner.settings.model import WebSettings
from lanner.settings.notes import Note
from lanner.sources import SourceSettings, TlsSettings
from lanner.sources.webhook_settings import WebhookSettings

_KNOWN = frozenset(
    {
        "enabled",
        "threadiness",
        "listen_port",
        "listen_address",
        "k8s_healthz_endpoint",
        "k8s_audit_endpoint",
        "prometheus_metrics_enabled",
        "ssl_enabled",
        "ssl_certificate",
    }
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def web_settings(root: Reader) -> tuple[WebSettings, list[SourceSettings], list[Note]]:
    """Return lanner's page and, where Falco took audit events here, a webhook.

    Falco's webserver shows only its health, to everybody; lanner's page shows alerts and so stays on loopback.
    """
    section = root.section("webserver")
    notes = section.unknown(_KNOWN)
    port = _port(section)
    if not section.flag("enabled", default=True):
        return WebSettings(enabled=False), [], notes
    if "k8s_audit_endpoint" in section:
        return WebSettings(listen=f"127.0.0.1:{port % 65535 + 1}"), [_webhook(section, port)], notes
    if "listen_address" in section and section.text("listen_address") not in _LOOPBACK:
        message = f"webserver.listen_address: lanner's page shows alerts and listens on 127.0.0.1:{port} only"
        notes.append(Note("info", message))
    return WebSettings(listen=f"127.0.0.1:{port}"), [], notes


def _port(section: Reader) -> int:
    port = int(section.number("listen_port", 8765))
    if not 0 < port < 65536:
        node = section.get("listen_port")
        assert node is not None
        raise section.origins.error(node, f"webserver.listen_port: {port} is no port")
    return port


def _webhook(section: Reader, port: int) -> WebhookSettings:
    certificate = section.text("ssl_certificate", "/etc/falco/falco.pem")
    secure = section.flag("ssl_enabled", default=False)
    path = "/" + section.text("k8s_audit_endpoint").lstrip("/")
    tls = TlsSettings(cert=certificate, key=certificate) if secure else None
    return WebhookSettings(listen=f"0.0.0.0:{port}", path=path, tls=tls)
