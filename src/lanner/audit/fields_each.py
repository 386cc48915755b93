"""All values that a dotted path reaches, through every list on its way, as one text that substrings can be asked of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo
from lanner.audit.tree import DOCUMENT, REQUEST, RESPONSE, Part, Tree, read

MARK = "\u241f"
"""Stands before and after each value; inside a value it is replaced, so that it never does anything else."""
STEPS = 24
"""A path of more steps leads nowhere."""
_INSTEAD = "\ufffd"


def marked(values: Sequence[str]) -> str | None:
    """Put values into one text: MARK value MARK value MARK; None where there are none."""
    if not values:
        return None
    return MARK + MARK.join(value.replace(MARK, _INSTEAD) for value in values) + MARK


def _reached(tree: Tree, steps: Sequence[str]) -> Iterator[Any]:
    """Yield what stands at the end of a path: lists are looked through, keys may themselves hold dots."""
    pending: list[tuple[Any, int]] = [(tree.root, 0)]
    while pending:
        value, step = pending.pop()
        opened = tree.open(value)
        if isinstance(opened, list):
            pending.extend(_items(opened, steps, step))
        elif step == len(steps):
            yield value
        elif isinstance(opened, dict):
            ways = [(".".join(steps[step:end]), end) for end in range(step + 1, len(steps) + 1)]
            pending.extend((opened[key], end) for key, end in reversed(ways) if key in opened)


def _items(items: list[Any], steps: Sequence[str], step: int) -> Iterator[tuple[Any, int]]:
    if step < len(steps) and steps[step].isdecimal():
        place = int(steps[step])
        if place < len(items):
            yield items[place], step + 1
        return
    for item in reversed(items):
        yield item, step


def _texts(tree: Tree, steps: Sequence[str]) -> str | None:
    texts = [(value, tree.text(value)) for value in _reached(tree, steps)]
    return marked([text for value, text in texts if text != "null" or tree.is_text(value)])


def _each(argument: str | None) -> Extractor:
    steps = (argument or "").split(".")
    if len(steps) > STEPS:
        return lambda _event: None
    if steps == ["sourceIPs"]:
        return lambda event: marked(event.head.source_ips or ())
    if steps == ["user", "groups"]:
        return lambda event: marked((event.head.user and event.head.user.groups) or ())
    part: Part = {"requestObject": REQUEST, "responseObject": RESPONSE}.get(steps[0], DOCUMENT)
    below = steps if part is DOCUMENT else steps[1:]

    def extract(event: Event) -> str | None:
        if part is DOCUMENT or len(part.raw(event)):
            return read(event, part, lambda tree: _texts(tree, below))
        return None

    return extract


EACH_FIELDS = (
    FieldInfo(
        name="lanner.each",
        description=(
            "all values at a path such as requestObject.spec.containers.image, lists on the way looked through: "
            f"{MARK} before, between and after them"
        ),
        bind=_each,
        argument="key",
        required=True,
    ),
)
