"""Comparisons with whole numbers as patterns over their decimal texts, because most values of events are texts."""

from __future__ import annotations

from collections.abc import Iterator

LARGEST = 10**15


def comparison(operator: str, number: float) -> str | None:
    """Return a pattern of the decimal texts that are `operator` (< <= > >= !=) a number; None if there is none.

    The number is whole, from 0 to 10**15; the texts are JSON's numbers without exponent.
    """
    if not float(number).is_integer() or not 0 <= number <= LARGEST:
        return None
    whole = int(number)
    negative, rest = r"-[0-9]+(\.[0-9]+)?", r"(\.[0-9]+)?"
    above = f"({_at_least(whole + 1)}){rest}|{whole}\\.[0-9]*[1-9][0-9]*"
    equal = rf"{whole}(\.0+)?" if whole else r"-?0(\.0+)?"
    below = "|".join(
        [negative if whole else r"-[0-9]*[1-9][0-9]*(\.[0-9]+)?|-0\.[0-9]*[1-9][0-9]*", *_below(whole, rest)]
    )
    return {
        "<": below,
        "<=": f"{below}|{equal}",
        ">": above,
        ">=": f"{above}|{equal}",
        "!=": f"{below}|{above}",
    }[operator]


def _below(whole: int, rest: str) -> list[str]:
    return [f"({'|'.join(_up_to(whole - 1))}){rest}"] if whole else []


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
