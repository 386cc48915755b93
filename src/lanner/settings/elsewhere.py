"""Words for people on settings whose structs stand in rooms that do not describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lanner.archive.settings import ArchiveSettings, Drop, Hold
from lanner.sources import TlsSettings
from lanner.sources.file import FileSettings
from lanner.sources.stdin import StdinSettings
from lanner.sources.webhook import WebhookSettings

_ID = "Key of the checkpoint; empty: made from the kind and the target. Changing it reads from the start."
_LINE = "A longer line goes to quarantine."
_LINES = "Lines in a batch at most."
_BYTES = "Bytes in a batch at most."

_LIST = "A word that ends in `*` matches by prefix."

DESCRIPTIONS: Mapping[tuple[type[Any], str], str] = {
    (FileSettings, "path"): "A log, a folder of logs or a glob of logs; rotated siblings are read too.",
    (FileSettings, "id"): _ID,
    (FileSettings, "start"): "Where to begin without a checkpoint.",
    (FileSettings, "max_line_bytes"): _LINE,
    (FileSettings, "batch_lines"): _LINES,
    (FileSettings, "batch_bytes"): _BYTES,
    (FileSettings, "poll_seconds"): "How often to look when the kernel cannot tell of changes.",
    (StdinSettings, "id"): _ID,
    (StdinSettings, "max_line_bytes"): _LINE,
    (StdinSettings, "batch_lines"): _LINES,
    (StdinSettings, "batch_bytes"): _BYTES,
    (WebhookSettings, "id"): _ID,
    (WebhookSettings, "listen"): "Address and port for kube-apiserver's audit webhook.",
    (WebhookSettings, "path"): "The path that kube-apiserver posts to; this one is Falco's.",
    (WebhookSettings, "tls"): "Serve HTTPS with this certificate; null: HTTP.",
    (WebhookSettings, "token_file"): "File with the bearer token that kube-apiserver must send; empty: none asked for.",
    (WebhookSettings, "max_body_bytes"): "Bytes that a request may have, after decompression.",
    (WebhookSettings, "max_connections"): "Connections at the same time.",
    (WebhookSettings, "max_waiting"): "Requests that may wait to become durable; further ones are told to come again.",
    (WebhookSettings, "read_seconds"): "Time for a request to arrive.",
    (
        WebhookSettings,
        "durable_seconds",
    ): "Time for a batch to become durable; kube-apiserver gives up after 30.",
    (WebhookSettings, "grace_seconds"): "Time that open requests get when lanner stops.",
    (TlsSettings, "cert"): "PEM file with the certificate and its chain.",
    (TlsSettings, "key"): "PEM file with the private key.",
    (TlsSettings, "client_ca"): "PEM file with the authority that client certificates must come from.",
    (ArchiveSettings, "enabled"): "Keep events.",
    (ArchiveSettings, "catalog"): "pyiceberg's properties (uri, warehouse, ...); empty: SQLite and this disk.",
    (ArchiveSettings, "cluster"): "Name of the cluster; events are partitioned by it.",
    (ArchiveSettings, "keep_stages"): "Events of other stages are kept only when no event of these follows.",
    (ArchiveSettings, "drop"): "Noise filters: events that are counted but not kept.",
    (ArchiveSettings, "hold"): "Bounds of what waits for the completing event of its request.",
    (ArchiveSettings, "commit_seconds"): "Commit at least this often.",
    (ArchiveSettings, "commit_events"): "Commit when so many events wait.",
    (ArchiveSettings, "commit_bytes"): "Commit when so many bytes wait.",
    (Drop, "name"): "Name under which the dropped events are counted.",
    (Drop, "users"): f"User names. {_LIST}",
    (Drop, "verbs"): "Verbs.",
    (Drop, "resources"): "Resources, written `pods` or `pods/log`.",
    (Drop, "namespaces"): f"Namespaces. {_LIST}",
    (Drop, "url_prefixes"): "Paths of requests that name no resource, such as `/healthz`.",
    (Drop, "stages"): "Stages.",
    (Drop, "user_agents"): f"User agents. {_LIST}",
    (Hold, "events"): "Events that may wait.",
    (Hold, "bytes"): "Bytes that may wait.",
    (Hold, "seconds"): "Time that an event waits.",
}
