"""Texts and numbers as Go prints them: strconv.Quote, json.Marshal, fmt's %v of floats."""

from __future__ import annotations

import math
from collections.abc import Iterable

_SHORT = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_HTML = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
_JSON_SHORT = {"\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "\\": "\\\\"}


def quote(text: str) -> str:
    """Quote as strconv.Quote and %q do."""
    return '"' + "".join(_quoted(char) for char in text) + '"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_quote(text: str) -> str:
    """Quote as json.Marshal does, which escapes what HTML would read."""
    return '"' + "".join(_json_quoted(char) for char in text) + '"'


def _json_quoted(char: str) -> str:
    if char in _JSON_SHORT:
        return _JSON_SHORT[char]
    return _HTML.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x20 else char)


def json_list(texts: Iterable[str]) -> str:
    """Return a list of texts as json.Marshal writes it."""
    return "[" + ",".join(json_quote(text) for text in texts) + "]"


def float_text(number: float, *, largest: int = 21) -> str:
    """Format a float in its shortest form; with exponents from 10**largest on and below 1e-4 (%v) or 1e-6 (JSON)."""
    if math.isinf(number) or math.isnan(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    size, small = abs(number), 1e-6 if largest == 21 else 1e-4
    if number == 0 or small <= size < 10.0**largest:
        whole = f"{number:.0f}" if number == int(number) else ""
        return whole if whole and float(whole) == number and size >= 1e15 else _plain(number)
    digits, _, exponent = repr(number).partition("e") if "e" in repr(number) else _scientific(number)
    power = int(exponent)
    # Only JSON writes e-7; other small powers have two digits.
    width = 1 if power < 0 and largest == 21 else 2
    return f"{digits.removesuffix('.0')}e{'-' if power < 0 else '+'}{abs(power):0{width}d}"


def _plain(number: float) -> str:
    text = repr(number)
    if "e" in text:
        text = f"{number:.20f}".rstrip("0")
    return text.removesuffix(".0")


def _scientific(number: float) -> tuple[str, str, str]:
    digits = len(repr(abs(number)).replace(".", "").strip("0")) or 1
    mantissa, _, exponent = f"{number:.{digits - 1}e}".partition("e")
    return mantissa, "e", exponent
