"""Settings of the webhook source: where to listen, whom to let in, what to accept."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from msgspec import Meta

from lanner.config.typed import PathText, Settings
from lanner.errors import UsageError


class TlsSettings(Settings):
    """A server certificate and, for mutual TLS, the CA that client certificates must come from; PEM files."""

    cert: Annotated[PathText, Meta(min_length=1, description="Certificate chain; read again when it is renewed.")]
    key: Annotated[PathText, Meta(min_length=1, description="Private key of the certificate.")]
    client_ca: Annotated[PathText, Meta(description="CA of client certificates; empty: none are asked for.")] = ""


class WebhookSettings(Settings, tag="webhook", tag_field="type"):
    """Where to listen and what to accept; `path` is Falco's default, so its kubeconfig works unchanged."""

    repeats: ClassVar[bool] = True  # kube-apiserver sends a batch again when it did not get the answer

    id: Annotated[
        str, Meta(description="Key of the checkpoint and name in alerts' records; empty: type and address.")
    ] = ""
    listen: Annotated[str, Meta(description="host:port; :port listens on all addresses.")] = "127.0.0.1:9765"
    path: Annotated[str, Meta(pattern="^/", description="Path of the URL that kube-apiserver posts to.")] = "/k8s-audit"
    tls: Annotated[TlsSettings | None, Meta(description="Serve HTTPS with these files; absent: HTTP.")] = None
    token_file: Annotated[PathText, Meta(description="File with the bearer token to ask for; empty: none.")] = ""
    max_body_bytes: Annotated[int, Meta(ge=1024, description="Largest body, also unpacked; more is 413.")] = (
        64 * 1024 * 1024
    )
    max_connections: Annotated[int, Meta(ge=1, description="Open connections; more are answered 503.")] = 64
    max_waiting: Annotated[int, Meta(ge=1, description="Requests that may wait to be stored; more are 503.")] = 32
    read_seconds: Annotated[
        float, Meta(gt=0, description="Time for a head to arrive, else the connection ends; then for a body, else 408.")
    ] = 30.0
    durable_seconds: Annotated[
        float, Meta(gt=0, description="Time for a batch to be stored, else 503; kube-apiserver itself waits 30 s.")
    ] = 25.0
    grace_seconds: Annotated[float, Meta(ge=0, description="Time to finish requests when lanner ends.")] = 5.0

    @property
    def source_id(self) -> str:
        """The key of the checkpoint."""
        return self.id or f"webhook:{self.listen}{self.path}"


def listen_address(listen: str) -> tuple[str, int]:
    """Split host and port, as in 127.0.0.1:9765, [::1]:9765 or :9765 (all addresses); raise UsageError."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^:\[\]]*)):(\d{1,5})", listen)
    if not found or int(found[3]) > 65535:
        raise UsageError(f"listen: '{listen}' is not host:port, as in 127.0.0.1:9765 or [::1]:9765")
    return found[1] or found[2] or "", int(found[3])
