"""Writes the reference page of lanner.yaml from the structs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from lanner.settings.describe import Key, keys, summary, tag
from lanner.settings.model import Settings

_HEAD = """# Reference: lanner.yaml

Generated from the settings structs by `python -m lanner.settings.reference`; a test compares.
How settings are read, and what becomes of a falco.yaml: [settings](../settings.md).
"""


def reference() -> str:
    """Return the page as Markdown: one table for the top keys and one for each section below them."""
    return _HEAD + "\n".join(_section(Settings, "", set()))


def _section(struct: type[msgspec.Struct], path: str, seen: set[tuple[type, str]]) -> Iterator[str]:
    title = f"`{path}`" if path else "Top keys"
    yield f"\n## {title}\n\n{summary(struct)}\n"
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    for key in keys(struct):
        yield f"| `{key.name}` | {key.kind} | {_default(key)} | {key.description.replace('|', chr(92) + '|')} |"
    for key in keys(struct):
        for below in key.structs:
            name = f"{path}.{key.name}".lstrip(".") + ("[]" if key.is_list else "")
            name += f" type: {tag(below)}" if tag(below) else ""
            if (below, name) not in seen:
                yield from _section(below, name, seen | {(below, name)})


def _default(key: Key) -> str:
    value: Any = key.default
    if value is msgspec.NODEFAULT:
        return "required"
    if key.structs:
        return "see below" if value is not None else "`null`"
    return f"`{msgspec.json.encode(value).decode()}`"


if __name__ == "__main__":
    print(reference(), end="")
