"""The panel at the side: one alert with the event behind it, or what is in quarantine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from lanner.detect.alert import Alert, Habit
from lanner.state.kept import Quarantined
from lanner.web.figures import count, size, visible
from lanner.web.parts import EventTree
from lanner.web.rows import Row
from lanner.web.window import Group

LONGEST_VALUE = 4000
LONGEST_SAMPLE = 1500
MOST_FIELDS = 100
NO_EVENT = "None is kept with it: the alert is of a hunt, or of something that failed to come."


class AlertView(msgspec.Struct, frozen=True):
    """What the panel shows of an alert."""

    alert: Alert
    row: Row
    description: str
    has_event: bool = True


class Panel:
    """Closed at first; what it shows is made anew each time it opens."""

    def __init__(self) -> None:
        with ui.element("aside").classes("panel").props("role=dialog aria-label=Details tabindex=-1") as self._box:
            with ui.element("div").classes("panel-head"):
                self._title = ui.label().classes("panel-title")
                close = TextElement(tag="button", text="close").classes("small close")
                close.props("type=button").on("click", self.close, [])
            self._body = ui.element("div").classes("panel-body")
        self._box.set_visibility(False)

    def close(self) -> None:
        self._box.set_visibility(False)
        self._body.clear()

    def _open(self, title: str) -> Element:
        self._title.set_text(title)
        self._body.clear()
        self._box.set_visibility(True)
        return self._body

    def show_alert(self, view: AlertView, group: Group) -> None:
        """Show one alert, the repeats folded into it, and its event."""
        with self._open(view.row.rule):
            _severity(view)
            ui.label(view.row.output).classes("said")
            if view.description:
                ui.label(visible(view.description, LONGEST_VALUE)).classes("description")
            facts(_facts(view))
            if re.fullmatch(r"[0-9a-f]{12}", view.alert.lanner.incident):
                link = TextElement(tag="a", text="the incident that it belongs to").classes("small")
                link.props(f"href=/incidents/{view.alert.lanner.incident}")
            _repeats(group)
            fields = list(view.alert.output_fields.items())[:MOST_FIELDS]
            if fields:
                ui.label("Fields of the output").classes("part-name")
                facts([(visible(name, 200), text_of(value)) for name, value in fields])
            ui.label("Event").classes("part-name")
            if view.has_event:
                EventTree(view.row.id)
            else:
                ui.label(NO_EVENT).classes("description")

    def show_quarantine(self, entries: Sequence[Quarantined], counts: dict[str, int]) -> None:
        """Show the newest rejected pieces of input."""
        with self._open("Quarantine"):
            ui.label(quarantine_words(len(entries), sum(counts.values()))).classes("description")
            facts([(visible(reason, 200), count(number)) for reason, number in list(counts.items())[:MOST_FIELDS]])
            for entry in entries:
                _rejected(entry)


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """List names and values; empty values are left out."""
    with ui.element("dl").classes("facts"):
        for name, value in pairs:
            if value:
                _text("dt", name)
                _text("dd", value)


def text_of(value: Any) -> str:
    """Write a field's value: texts as they are, all else as JSON."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return visible(text, LONGEST_VALUE)


def quarantine_words(shown: int, total: int) -> str:
    """Say what the list holds."""
    if not total:
        return "Nothing was rejected: every line was an audit event."
    return f"Input that is not an audit event. The newest {count(shown)} of {count(total)}:"


def _text(tag: str, text: str) -> None:
    TextElement(tag=tag, text=text)


def _severity(view: AlertView) -> None:
    with ui.element("div").classes(f"panel-severity sev-{view.row.priority.lower()}"):
        ui.element("i").classes("mark")
        ui.label(view.row.priority).classes("word")
        ui.label(view.row.time).classes("when")


def _facts(view: AlertView) -> list[tuple[str, str]]:
    row, alert = view.row, view.alert
    return [
        ("user", row.user + (f" acting as {row.acting_as}" if row.acting_as else "")),
        ("request", f"{row.verb} {row.target}".strip()),
        ("namespace", row.namespace),
        ("answer", str(row.code or "")),
        ("from", row.address),
        ("habit", _habit(alert.lanner.habit)),
        ("tags", visible(", ".join(alert.tags), LONGEST_VALUE)),
        ("audit ID", visible(alert.lanner.audit_id, 200)),
        ("stage", visible(alert.lanner.stage, 40)),
        ("host", visible(alert.hostname, 253)),
        ("alert", str(row.id)),
    ]


def _habit(habit: Habit | None) -> str:
    if habit is None:
        return ""
    return f"lowered from {habit.priority}: the same {count(habit.count)} times since {visible(habit.since[:19], 40)}"


def _repeats(group: Group) -> None:
    if group.count == 1:
        return
    with ui.element("details").classes("repeats"):
        _text("summary", f"{count(group.count)} alerts of this rule and user in a row")
        for member in group.members:
            ui.label(f"{member.time[11:23].rstrip('Z')}  {member.verb} {member.target} {member.namespace}").classes(
                "repeat"
            )
        if group.count > len(group.members):
            ui.label(f"and {count(group.count - len(group.members))} older ones").classes("repeat")


def _rejected(entry: Quarantined) -> None:
    with ui.element("div").classes("rejected"):
        ui.label(visible(entry.reason, 400)).classes("reason")
        place = f"{entry.source} · {entry.origin} · offset {entry.offset} · {size(entry.size)}"
        ui.label(visible(place, 600)).classes("place")
        _text("pre", visible(entry.sample.decode(errors="replace"), LONGEST_SAMPLE))
