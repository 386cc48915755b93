"""Events of managed clusters: taken out of what EKS, GKE and AKS wrap them in, and made native where they are not.

One file a provider, one line here: the key of a JSON object by which its documents are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lanner.audit.providers import aks, eks, gke
from lanner.audit.providers.part import Keys, Part

__all__ = ["Part", "open_document", "open_text"]

_READERS: Mapping[str, Callable[[bytes, Keys], list[Part]]] = {
    "protoPayload": gke.read,
    "logEvents": eks.read_subscription,
    "events": eks.read_list,
    "message": eks.read_message,
    "records": aks.read_list,
    "properties": aks.read_record,
    "log_s": aks.read_row,
}
_NATIVE = ("auditID", "stage")
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def open_document(text: bytes) -> list[Part] | None:
    """Return the parts of a provider's JSON object; None when it is none."""
    try:
        keys = _KEYS.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if any(name in keys for name in _NATIVE):
        return None
    for name, read in _READERS.items():
        if name in keys:
            try:
                return read(text, keys)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return None
    return None


def open_text(text: bytes) -> list[Part] | None:
    """Return the part of a line that is no JSON, but holds an event behind a provider's prefix; None otherwise."""
    return eks.read_text(text)
