"""EKS: native events as messages in CloudWatch Logs, in the forms in which these can be had.

Tasks that export to S3 write `TIME EVENT` lines, `aws logs tail` `TIME STREAM EVENT`; `filter-log-events` and
`get-log-events` print {"events": [{"message": EVENT}]}; subscriptions give {"logEvents": [{"message": EVENT}]}.
"""

from __future__ import annotations

import re

import msgspec

from lanner.audit.providers.part import Keys, Part, string

_PREFIX = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?:([^\s{]\S*) )?(?=\{)")
_AUDIT_STREAM = "kube-apiserver-audit"
_GROUP = re.compile(r"/aws/eks/([^/]+)/cluster")
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class _Message(msgspec.Struct, gc=False):
    message: str | None = None
    stream: str | None = msgspec.field(default=None, name="logStreamName")


_MESSAGE = msgspec.json.Decoder(_Message)


def read_text(text: bytes) -> list[Part] | None:
    """Read a line of an export task or of `aws logs tail`."""
    found = _PREFIX.match(text)
    return [Part(text[found.end() :].rstrip(), text)] if found else None


def read_list(_: bytes, keys: Keys) -> list[Part]:
    """Read the answer of `filter-log-events` or `get-log-events`."""
    return [_part(bytes(item), "", "") for item in _ITEMS.decode(keys["events"])]


def read_subscription(_: bytes, keys: Keys) -> list[Part]:
    """Read what a subscription filter hands to Kinesis, Firehose or Lambda; its control messages hold nothing."""
    group = _GROUP.fullmatch(string(keys.get("logGroup")) or "")
    if string(keys.get("messageType")) == "CONTROL_MESSAGE":
        return []
    stream, cluster = string(keys.get("logStream")) or "", group[1] if group else ""
    return [_part(bytes(item), stream, cluster) for item in _ITEMS.decode(keys["logEvents"])]


def read_message(text: bytes, _: Keys) -> list[Part]:
    """Read one entry of such a list."""
    return [_part(text, "", "")]


def _part(item: bytes, stream: str, cluster: str) -> Part:
    entry = _MESSAGE.decode(item)
    stream = entry.stream or stream
    if stream and not stream.startswith(_AUDIT_STREAM):
        return Part(item, item, problem=f"a line of another CloudWatch stream ({stream[:80]!r})")
    if entry.message is None:
        return Part(item, item, problem="an entry of CloudWatch without a message")
    return Part(entry.message.strip().encode(), item, cluster)
