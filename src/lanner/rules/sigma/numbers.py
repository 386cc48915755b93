"""Comparisons with numbers as patterns over their decimal texts, because most values of events are texts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

LARGEST = 10**15
PLACES = 15
"""Digits after the point at most."""

_REST = r"(\.[0-9]+)?"
_ANY = f"[0-9]+{_REST}"
_MORE_THAN_NOTHING = "[0-9]*[1-9][0-9]*"


def comparison(operator: str, number: float) -> str | None:
    """Return a pattern of the decimal texts that are `operator` (< <= > >= !=) a number; None if there is none.

    The number is from -10**15 to 10**15, with 15 digits after the point at most; the texts are JSON's numbers without
    exponent.
    """
    exact = Decimal(repr(number))
    if not exact.is_finite() or abs(exact) > LARGEST:
        return None
    whole, _, places = f"{abs(exact):f}".partition(".")
    places = places.rstrip("0")
    if len(places) > PLACES:
        return None
    below, equal, above = _signed(int(whole), places, negative=exact < 0)
    return {
        "<": below,
        "<=": f"{below}|{equal}",
        ">": above,
        ">=": f"{above}|{equal}",
        "!=": f"{below}|{above}",
    }[operator]


def _signed(whole: int, places: str, *, negative: bool) -> tuple[str, str, str]:
    """Return patterns of the texts that are below, equal to and above a number, signs and all."""
    smaller, same, larger = (f"({pattern})" for pattern in _sizes(whole, places))
    if negative:
        return f"-{larger}", f"-{same}", f"-{smaller}|{_ANY}"
    if not whole and not places:
        return f"-{larger}", f"-?{same}", larger
    return f"-{_ANY}|{smaller}", same, larger


def _sizes(whole: int, places: str) -> tuple[str, str, str]:
    """Return patterns of the texts without a sign that are below, equal to and above a number without a sign."""
    smaller = [f"({'|'.join(_up_to(whole - 1))}){_REST}"] if whole else []
    larger = [f"({_at_least(whole + 1)}){_REST}", f"{whole}\\.{places}{_MORE_THAN_NOTHING}"]
    if places:
        smaller.append(str(whole))
    for place, digit in enumerate(places):
        head, value = rf"{whole}\.{places[:place]}", int(digit)
        if place:
            smaller.append(head)
        if value:
            smaller.append(f"{head}{_digits(0, value - 1)}[0-9]*")
        if value < 9:
            larger.append(f"{head}{_digits(value + 1, 9)}[0-9]*")
    equal = rf"{whole}\.{places}0*" if places else rf"{whole}(\.0+)?"
    return "|".join(smaller), equal, "|".join(larger)


def _at_least(number: int) -> str:
    """Return a pattern of the whole numbers from `number`."""
    digits = str(number)
    parts = [f"[1-9][0-9]{{{len(digits)},}}", digits]
    for place, digit in enumerate(digits):
        if digit != "9":
            parts.append(digits[:place] + _digits(int(digit) + 1, 9) + _any(len(digits) - place - 1))
    return "|".join(parts)


def _up_to(number: int) -> Iterator[str]:
    """Yield patterns of the whole numbers from 0 to `number`."""
    digits = str(number)
    yield digits
    for place, digit in enumerate(digits):
        lowest = 0 if place or len(digits) == 1 else 1
        if int(digit) > lowest:
            yield digits[:place] + _digits(lowest, int(digit) - 1) + _any(len(digits) - place - 1)
    if len(digits) > 1:
        yield "[0-9]"
    if len(digits) > 2:
        yield f"[1-9][0-9]{{1,{len(digits) - 2}}}"


def _digits(low: int, high: int) -> str:
    return str(low) if low == high else f"[{low}-{high}]"


def _any(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""
