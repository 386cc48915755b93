"""Writes the reference page of the command line from the Typer application."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from lanner.cli.application import app

_HEAD = """# Reference: the command line

Generated from the application by `python -m lanner.cli.reference`; a test compares.

Exit codes: 0 fine, 1 what was checked is bad,
2 usage, 3 environment (disk, network, permission), 130 Ctrl-C.
"""


def reference() -> str:
    """Return the page as Markdown: a section for each verb with its arguments and options."""
    return _HEAD + "".join(_sections(get_command(app), "lanner"))


def _sections(command: object, name: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for verb, below in command.commands.items():
            yield from _sections(below, f"{name} {verb}")
        return
    assert isinstance(command, TyperCommand)
    usage = " ".join(command.collect_usage_pieces(typer.Context(command, info_name=name)))
    yield f"\n## {name}\n\n```\n{name} {usage}\n```\n\n{_paragraphs(command.help)}\n"
    if command.params:
        yield "\n| argument, option | default | meaning |\n|---|---|---|\n" + "".join(map(_row, command.params))


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _row(parameter: object) -> str:
    assert isinstance(parameter, TyperArgument | TyperOption)
    written = parameter.opts if isinstance(parameter, TyperOption) else [parameter.metavar or parameter.name or ""]
    name = ", ".join(f"`{text}`" for text in written)
    meaning = (parameter.help or "").replace("|", "\\|")
    return f"| {name} | {_default(parameter)} | {meaning} |\n"


def _default(parameter: TyperArgument | TyperOption) -> str:
    if parameter.required:
        return "required"
    if parameter.default in (None, "", False):
        return ""
    return f"`{getattr(parameter.default, 'value', parameter.default)}`"


if __name__ == "__main__":
    print(reference(), end="")
