"""Groups of verbs, each imported when it is asked for: a verb does not wait for what the others load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command


class _Commands(Mapping[str, Any]):
    """The commands of a table by name, imported one by one."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, verb: str) -> Any:
        if verb not in self._loaded:
            self._loaded[verb] = _load(verb, self._places[verb])
        return self._loaded[verb]

    def __contains__(self, verb: object) -> bool:
        return verb in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Verbs(TyperGroup):
    """A group of the verbs in `PLACES`: to each the module and the name of its function, or of its own verbs' Typer."""

    PLACES: ClassVar[Mapping[str, str]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Commands(self.PLACES)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """Name the verbs without importing them."""
        return list(self.PLACES)


def group(meaning: str, places: Mapping[str, str]) -> typer.Typer:
    """Make the application of a group of verbs without options of its own."""

    class Group(Verbs):
        PLACES = places

    made = typer.Typer(cls=Group, help=meaning, no_args_is_help=True)
    made.callback()(lambda: None)
    return made


def _load(verb: str, place: str) -> Any:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(verb)(found)
        found = alone
    command = get_command(found)
    command.name = verb
    return command
