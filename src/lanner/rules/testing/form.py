"""What a file of tests may say: the types behind the keys that docs/rules.md describes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lanner.config.typed import Settings
from lanner.rules.testing.objects import ObjectForm

Matching = Literal["all", "first"]
Objects = tuple[str | ObjectForm, ...]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Times = Annotated[int, msgspec.Meta(ge=1)]


class Expected(Settings):
    """A rule that must fire: how often over all events (at least once if not said), on what, and what it says.

    `related` is how many events stand behind an alert: one, but for correlations.
    """

    rule: str
    times: _Times | None = None
    objects: Objects | None = None
    output: str | None = None
    output_contains: str | tuple[str, ...] = ()
    output_fields: dict[str, Any] = msgspec.field(default_factory=dict)
    priority: str | None = None
    tags: tuple[str, ...] | None = None
    related: _Times | None = None


class Denied(Settings):
    """A rule that must not fire, or not on these objects."""

    rule: str
    objects: Objects | None = None


class Case(Settings):
    """One test as written: its events (one of event, events, file, or a base alone), and what must come of them."""

    name: str
    event: dict[str, Any] | None = None
    events: tuple[dict[str, Any], ...] | None = None
    file: str | None = None
    base: str | None = None
    fires: tuple[str | Expected, ...] = ()
    silent: tuple[str | Denied, ...] = ()
    only: bool = False
    alerts: _Count | None = None
    matching: Matching | None = None
    with_: tuple[Any, ...] = msgspec.field(name="with", default=())


class Content(Settings):
    """A file of tests: named events to begin from, the rules it is about (none: those given), and the tests.

    The tests stay untyped here: each is judged by itself, so that a mistake in one does not hide the others.
    """

    tests: tuple[Any, ...]
    bases: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    rules: tuple[str, ...] = ()
    matching: Matching = "all"
    with_: tuple[Any, ...] = msgspec.field(name="with", default=())
