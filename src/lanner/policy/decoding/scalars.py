"""What a YAML scalar means to kube-apiserver: YAML 1.1 as go.yaml.in/yaml/v2 resolves it (yes, on, 0777, 1_000)."""

from __future__ import annotations

import base64
import binascii
import math
import re

from lanner.policy.decoding.value import GoError

LONG = "tag:yaml.org,2002:"
Resolved = str | int | float | bool | None

_CONSTANTS: dict[str, tuple[str, Resolved]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), ("bool", True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), ("bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("float", math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("float", -math.inf)),
    "<<": ("merge", "<<"),
}
_RESOLVABLE = frozenset(("", *(LONG + name for name in ("str", "bool", "int", "float", "null", "timestamp"))))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOTTED = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})"
    r"| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]+)?)?"
)


def resolve(tag: str, text: str, line: int, column: int) -> Resolved:
    """Return what a plain or tagged scalar stands for; raises GoError where its tag does not fit."""
    if tag == LONG + "binary":
        return _binary(text, line, column)
    if tag not in _RESOLVABLE:
        return text
    if tag == LONG + "str":
        return text
    kind, value = _by_look(tag, text)
    wanted = tag.removeprefix(LONG)
    if wanted in ("", kind):
        return value
    if wanted == "float" and kind == "int" and isinstance(value, int) and -(2**63) <= value < 2**63:
        return float(value)
    raise GoError(f"yaml: cannot decode !!{kind} `{text}` as a !!{wanted}", line=line, column=column)


def _binary(text: str, line: int, column: int) -> str:
    try:
        data = base64.b64decode("".join(text.split("\n")).replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise GoError("yaml: !!binary value contains invalid base64 data", line=line, column=column) from None
    return data.decode("utf-8", "replace")


def _by_look(tag: str, text: str) -> tuple[str, Resolved]:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if tag == LONG + "timestamp" and _TIMESTAMP.fullmatch(text):
        return "timestamp", text
    if text[0] == "." and _DOTTED.fullmatch(text) and math.isfinite(float(text)):
        return "float", float(text)
    if text[0] not in "+-0123456789" or (not tag and _TIMESTAMP.fullmatch(text)):
        return "str", text
    return _number(text.replace("_", "")) or ("str", text)


def _number(plain: str) -> tuple[str, Resolved] | None:
    found = _INTEGER.fullmatch(plain)
    if found is not None and len(plain) < 80:
        number = _whole(found)
        if -(2**63) <= number < 2**63 or (number < 2**64 and found[1] == ""):
            return "int", number
    if _FLOAT.fullmatch(plain) and math.isfinite(float(plain)):
        return "float", float(plain)
    return None


def _whole(found: re.Match[str]) -> int:
    for digits, base in zip(found.groups()[1:], (16, 2, 8, 10), strict=True):
        if digits is not None:
            return int(digits, base) * (-1 if found[1] == "-" else 1)
    raise AssertionError(found)
