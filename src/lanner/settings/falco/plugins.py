"""Falco's plugins: k8saudit becomes a source, json is built in, the others are named as missing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lanner.config import yamltext
from lanner.config.yamltext import Mapping, Node, Scalar
from lanner.errors import SourceError
from lanner.settings.falco.reader import Origins, Reader
from lanner.settings.notes import Note
from lanner.sources import SourceSettings, TlsSettings
from lanner.sources.file import FileSettings
from lanner.sources.webhook_settings import WebhookSettings

_KNOWN = frozenset({"name", "library_path", "init_config", "open_params"})
_INIT_KNOWN = frozenset({"sslCertificate", "maxEventSize", "maxEventBytes", "webhookMaxBatchSize", "useAsync"})
_DEFAULT_CERTIFICATE = "/etc/falco/falco.pem"
_BUILT_IN = frozenset({"json", "container"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def plugin_sources(root: Reader) -> tuple[list[SourceSettings], list[Note]]:
    """Return the sources that the loaded plugins stand for, and what is missing.

    As in Falco, `load_plugins` chooses among `plugins`; without it all of them are loaded.
    """
    sources: list[SourceSettings] = []
    notes: list[Note] = []
    wanted = root.texts("load_plugins") if "load_plugins" in root else None
    for plugin in root.sections("plugins"):
        notes += plugin.unknown(_KNOWN)
        name = plugin.required("name")
        if wanted is not None and name not in wanted:
            continue
        if name == "k8saudit":
            source, more = _k8saudit(plugin)
            sources += source
            notes += more
        elif name not in _BUILT_IN:
            notes.append(Note("warning", f"the plugin '{name}' is not supported; its events and fields are missing"))
    return sources, notes


def _k8saudit(plugin: Reader) -> tuple[list[SourceSettings], list[Note]]:
    node = plugin.get("open_params")
    text = plugin.text("open_params").strip()
    if node is None or not text:
        return [], [Note("warning", "the plugin 'k8saudit' has no open_params and so gives no events")]
    init, notes = _init_config(plugin)
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest = text[match.end() :] if match else text
    if scheme in ("", "file") and rest:
        return [FileSettings(path=rest)], notes
    if scheme == "tail" and rest:
        return [FileSettings(path=rest, start="end")], notes
    if scheme in ("http", "https"):
        return [_webhook(text, node, init, plugin.origins)], notes
    message = f"open_params: '{text}' is no path, file://, tail://, http:// or https:// address"
    raise plugin.origins.error(node, message)


def _webhook(url: str, node: Node, init: Reader, origins: Origins) -> WebhookSettings:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if port is None:
        message = f"open_params: '{url}' needs a port, as in http://:9765/k8s-audit"
        raise origins.error(node, message)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "0.0.0.0"  # noqa: S104 - Go listens on all addresses when none is given
    certificate = init.text("sslCertificate", _DEFAULT_CERTIFICATE)
    secure = parts.scheme == "https"
    return WebhookSettings(
        listen=f"{host}:{port}",
        path=parts.path or "/",
        tls=TlsSettings(cert=certificate, key=certificate) if secure else None,
        max_body_bytes=_body_bytes(init),
    )


def _body_bytes(init: Reader) -> int:
    """Never accept less than lanner does by default: kube-apiserver drops a batch that is refused too often."""
    default: int = WebhookSettings().max_body_bytes
    return max(default, int(init.number("webhookMaxBatchSize", 0)))


def _init_config(plugin: Reader) -> tuple[Reader, list[Note]]:
    """Read init_config, which is a mapping or, as in older files, JSON text."""
    node = plugin.get("init_config")
    if isinstance(node, Scalar) and node.text.strip():
        node = _json_text(node, plugin.origins)
    init = Reader(node, plugin.origins, "init_config")
    notes = init.unknown(_INIT_KNOWN | {"customFieldsHeaders"})
    if "customFieldsHeaders" in init:
        notes.append(Note("warning", "k8saudit's customFieldsHeaders is not supported; those fields will be missing"))
    return init, notes


def _json_text(node: Scalar, origins: Origins) -> Node:
    try:
        found = yamltext.compose(node.text)[0]
    except SourceError as error:
        raise origins.error(node, f"init_config: {error.message}") from None
    if not isinstance(found, Mapping):
        return node
    origins.add(found, origins.place(node))
    return found
