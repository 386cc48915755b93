"""The foot of a list that is read page by page: what is shown, and the ways back and on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

Go = Callable[[], Awaitable[None]]


class Foot:
    """Words and two buttons, each shown where it leads somewhere."""

    def __init__(self, back: tuple[str, Go], further: tuple[str, Go]) -> None:
        """`back` and `further` are what a button says and what it does."""
        with ui.element("div").classes("list-foot"):
            self._said = ui.label()
            self._back = _button(*back)
            self._further = _button(*further)

    def show(self, words: str, *, back: bool, further: bool) -> None:
        """Say what the list holds, and which ways there are."""
        self._said.set_text(words)
        self._back.set_visibility(back)
        self._further.set_visibility(further)


def _button(text: str, go: Go) -> TextElement:
    button = TextElement(tag="button", text=text).classes("small")
    button.props("type=button").on("click", go, [])
    return button
