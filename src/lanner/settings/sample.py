"""Writes a commented lanner.yaml with every key at its default, made from the structs, so that it cannot drift."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lanner.archive.retention.settings import RetentionRule, TierSettings
from lanner.archive.seals.anchors.file import FileAnchorSettings
from lanner.archive.seals.anchors.s3 import S3AnchorSettings
from lanner.archive.seals.anchors.timestamp import TimestampAnchorSettings
from lanner.archive.settings import Drop
from lanner.audit.redaction.settings import ExtraRule, Keep
from lanner.outputs.file import FileSettings as FileOutputSettings
from lanner.outputs.http import HttpSettings
from lanner.outputs.stdout import StdoutSettings
from lanner.policy.prices import Price
from lanner.settings.describe import Key, keys, summary, tag
from lanner.settings.hunts import SavedHunt
from lanner.settings.model import Selection, Settings, Target
from lanner.sources import TlsSettings
from lanner.sources.file import FileSettings

_WIDTH = 110
_HEAD = """Settings of lanner. Every key is here with its default; what you take out keeps it.
Relative paths count from the folder of this file. ${NAME} stands for an environment variable.
An unknown key is an error that names the nearest known one."""
_ACTIVE: frozenset[type] = frozenset({FileSettings, StdoutSettings})
_EXAMPLES: Mapping[tuple[type[Any], str], Any] = {
    (FileSettings, "path"): "/var/log/kubernetes/audit.log",
    (FileOutputSettings, "path"): "/var/log/lanner/alerts.jsonl",
    (HttpSettings, "url"): "http://falcosidekick:2801/",
    (TlsSettings, "cert"): "/etc/lanner/tls.crt",
    (TlsSettings, "key"): "/etc/lanner/tls.key",
    (Drop, "name"): "probes",
    (RetentionRule, "name"): "development",
    (RetentionRule, "namespaces"): ["dev-*"],
    (RetentionRule, "policy"): "30d",
    (TierSettings, "name"): "cold",
    (TierSettings, "location"): "s3://audit-cold/lanner",
    (FileAnchorSettings, "path"): "/mnt/elsewhere/heads.jsonl",
    (S3AnchorSettings, "bucket"): "audit-heads",
    (TimestampAnchorSettings, "url"): "https://tsa.example/tsr",
    (TimestampAnchorSettings, "certificate"): "/etc/lanner/tsa-root.pem",
    (ExtraRule, "name"): "tokens of vault",
    (ExtraRule, "resources"): ["vaultauths"],
    (ExtraRule, "paths"): ["/spec/*/token"],
    (Keep, "resources"): ["configmaps"],
    (Keep, "keys"): ["ca.crt"],
    (Price, "name"): "splunk",
    (SavedHunt, "name"): "exec by people",
    (SavedHunt, "sql"): "SELECT time, username, namespace, name FROM events WHERE subresource = 'exec'",
    (Target, "rule"): "Name of a rule*",
    (Selection, "enable"): msgspec.UNSET,
}


def sample() -> str:
    """Return the text of a lanner.yaml that loads as it is: the file source, standard output, the rest by default."""
    lines = [f"# {line}" for line in _HEAD.splitlines()]
    for key in keys(Settings):
        lines += ["", *_key_lines(Settings, key)]
    return "\n".join(lines) + "\n"


def _key_lines(struct: type[msgspec.Struct], key: Key) -> Iterator[str]:
    value = _EXAMPLES.get((struct, key.name), key.default)
    choices = f" ({' | '.join(key.choices)})" if key.choices else ""
    yield from _comment(key.description + choices)
    if key.is_list:
        yield from _list_lines(key)
    elif key.structs and isinstance(value, msgspec.Struct):
        yield f"{key.name}:"
        yield from _indented(_body(key.structs[0]))
    elif key.structs:
        yield from [] if value is msgspec.UNSET else [f"{key.name}: null"]
        yield from _commented([f"{key.name}:", *_indented(_body(key.structs[0]))])
    else:
        yield f"{key.name}: {_flow(value)}"


def _list_lines(key: Key) -> Iterator[str]:
    active = [struct for struct in key.structs if struct in _ACTIVE]
    structs = [struct for struct in key.structs if tag(struct)] or list(key.structs[:1])
    yield f"{key.name}:" if active else f"{key.name}: []"
    for struct in structs:
        yield from _indented(_comment(summary(struct)))
        entry = list(_indented(_entry(struct)))
        yield from entry if struct in _ACTIVE else _commented(entry)


def _entry(struct: type[msgspec.Struct]) -> Iterator[str]:
    body = list(_body(struct))
    first = f"type: {tag(struct)}" if tag(struct) else ""
    yield f"- {first}".rstrip()
    yield from _indented(body)


def _body(struct: type[msgspec.Struct]) -> Iterator[str]:
    for key in keys(struct):
        yield from _key_lines(struct, key)


def _indented(lines: Any) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)


def _commented(lines: Any) -> Iterator[str]:
    return (f"# {line}" for line in lines)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]


def _flow(value: Any) -> str:
    """Write a value as JSON, which is YAML, with a space after separators."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()
