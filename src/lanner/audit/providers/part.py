"""What a provider's line gives: texts of native events, each with the text that it was taken from."""

from __future__ import annotations

import msgspec

Keys = dict[str, msgspec.Raw]
"""A JSON object whose values are not decoded."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """One event: `text` is native JSON, `line` the provider's text it stands for, `cluster` its cluster where known.

    With a `problem` it is none, and `text` is what cannot be used.
    """

    text: bytes
    line: bytes
    cluster: str = ""
    problem: str = ""


_STRING = msgspec.json.Decoder(str)


def string(value: msgspec.Raw | None) -> str | None:
    """Return a JSON text that is a string, None for anything else."""
    if value is None or bytes(memoryview(value)[:1]) != b'"':
        return None
    return _STRING.decode(value)
