"""Puts values of environment variables where `${NAME}` stands in a value; `$${NAME}` stays `${NAME}`, as in Falco."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from lanner.config import yamltext
from lanner.config.yamltext import Node, Scalar

_REFERENCE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

Missing = Callable[[str, Scalar], str]
"""Says what stands for a variable that is not set, or raises."""


def expand(node: Node, variables: Mapping[str, str], missing: Missing) -> Node:
    """Return the node with all references in values replaced; keys stay as they are, values are not expanded twice."""
    if isinstance(node, Scalar):
        return _expand_scalar(node, variables, missing)
    if isinstance(node, yamltext.Sequence):
        return replace(node, items=tuple(expand(item, variables, missing) for item in node.items))
    entries = tuple((key, expand(value, variables, missing)) for key, value in node.entries)
    return replace(node, entries=entries)


def _expand_scalar(scalar: Scalar, variables: Mapping[str, str], missing: Missing) -> Scalar:
    def value(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        found = variables.get(match[2])
        return missing(match[2], scalar) if found is None else found

    if "${" not in scalar.text:
        return scalar
    return replace(scalar, text=_REFERENCE.sub(value, scalar.text))
