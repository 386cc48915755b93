"""The tiles over the list: figures of the moment, each with a line of what stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.element import Element

from lanner.detect.alert import PRIORITIES
from lanner.state.kept import Delivery
from lanner.web.feed import CHART_SECONDS, Feed, Snapshot
from lanner.web.figures import count, duration, size

CHART_WIDTH, CHART_HEIGHT = 300, 40
SHORTEST_SPAN = 60
MOST_OUTPUTS = 4


class Tile:
    """A name, a figure and a line under it; with `on_click` it is a button."""

    def __init__(self, name: str, css: str = "", on_click: Callable[[], Any] | None = None) -> None:
        self.box = ui.element("button" if on_click else "div").classes(f"tile {css}")
        if on_click:
            self.box.on("click", on_click, [])
        with self.box:
            ui.label(name).classes("tile-name")
            self._figure = ui.label("—").classes("tile-figure")
            self._note = ui.label().classes("tile-note")

    def show(self, figure: str, note: str = "") -> None:
        self._figure.set_text(figure)
        self._note.set_text(note)


class RateTile(Tile):
    """Events per second with the last five minutes as a line."""

    def __init__(self) -> None:
        super().__init__("events per second", "wide")
        with self.box, ui.element("svg").classes("chart") as chart:
            chart.props["viewBox"] = f"0 0 {CHART_WIDTH} {CHART_HEIGHT}"
            chart.props["preserveAspectRatio"] = "none"
            chart.props["aria-hidden"] = "true"
            self._area = ui.element("polygon").classes("chart-area")
            self._line = ui.element("polyline").classes("chart-line")

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        """Draw (seconds since 1970, rate) pairs, the newest at the right edge."""
        if not points:
            return
        line = chart_points(points)
        if line == self._line.props.get("points"):
            return
        left, right = line.split(" ")[0].split(",")[0], CHART_WIDTH
        _set(self._line, line)
        _set(self._area, f"{left},{CHART_HEIGHT} {line} {right},{CHART_HEIGHT}")


class SeverityTile:
    """Alerts by severity: mark, word and number, the most severe first."""

    def __init__(self) -> None:
        with ui.element("div").classes("tile severities"):
            ui.label("alerts").classes("tile-name")
            with ui.element("div").classes("severity-counts"):
                self._none = ui.label("none yet").classes("tile-note")
                self._lines = {priority: self._line(priority) for priority in PRIORITIES}
            self._held = ui.label().classes("tile-note")

    @staticmethod
    def _line(priority: str) -> tuple[Element, ui.label]:
        with ui.element("div").classes(f"severity-count sev-{priority.lower()}") as box:
            ui.element("i").classes("mark")
            number = ui.label().classes("number")
            ui.label(priority)
        box.set_visibility(False)
        return box, number

    def show(self, counts: Sequence[tuple[str, str, int]], ingest: dict[str, Any]) -> None:
        self._held.set_text(held_words(ingest))
        totals: Counter[str] = Counter()
        for _rule, priority, number in counts:
            totals[priority] += number
        self._none.set_visibility(not totals)
        for priority, (box, label) in self._lines.items():
            box.set_visibility(totals[priority] > 0)
            label.set_text(count(totals[priority]))


class OutputsTile:
    """How far each output is, and the newest error of those that fail."""

    def __init__(self) -> None:
        with ui.element("div").classes("tile outputs"):
            ui.label("deliveries").classes("tile-name")
            self._none = ui.label("no output has to be waited for").classes("tile-note")
            self._lines = [self._line() for _ in range(MOST_OUTPUTS)]
            self._more = ui.label().classes("tile-note")

    @staticmethod
    def _line() -> tuple[Element, ui.label, ui.label]:
        with ui.element("div").classes("output-line") as box:
            name, state = ui.label().classes("output-name"), ui.label().classes("output-state")
        return box, name, state

    def show(self, deliveries: Sequence[Delivery], newest: int) -> None:
        ranked = sorted(deliveries, key=lambda delivery: (not delivery.error, delivery.output))
        self._none.set_visibility(not ranked)
        for index, (box, name, state) in enumerate(self._lines):
            box.set_visibility(index < len(ranked))
            if index < len(ranked):
                delivery = ranked[index]
                box.classes(add="failing") if delivery.error else box.classes(remove="failing")
                name.set_text(delivery.output)
                state.set_text(delivery_words(delivery, newest))
        self._more.set_text(f"and {len(ranked) - MOST_OUTPUTS} more" if len(ranked) > MOST_OUTPUTS else "")


class Tiles:
    """All tiles of one page."""

    def __init__(self, on_quarantine: Callable[[], Any]) -> None:
        with ui.element("section").classes("tiles"):
            self._rate = RateTile()
            self._events = Tile("events")
            self._lag = Tile("lag")
            self._archive = Tile("archive")
            self._severities = SeverityTile()
            self._incidents = Tile("incidents", "incidents", lambda: ui.navigate.to("/incidents"))
            self._quarantine = Tile("quarantine", "quarantine", on_quarantine)
            self._outputs = OutputsTile()

    def show(self, snapshot: Snapshot, feed: Feed) -> None:
        ingest, archiver = snapshot.statuses.get("ingest", {}), snapshot.statuses.get("archiver", {})
        rate = ingest.get("events_per_second") or 0
        self._rate.show(count(rate), _rate_note([rate, *(past for _, past in feed.chart)]))
        self._rate.draw(feed.chart)
        self._events.show(count(ingest.get("events") or 0), _events_note(ingest))
        self._lag.show(_lag(ingest), _backlog_note(ingest))
        self._archive.show(size(archiver.get("bytes") or 0), _archive_note(archiver))
        self._severities.show(snapshot.alert_counts, ingest)
        self._incidents.show(count((ingest.get("incidents") or {}).get("open") or 0), "open: see the worst")
        total = sum(snapshot.quarantine_counts.values())
        self._quarantine.show(count(total), "show what was rejected" if total else "nothing was rejected")
        self._outputs.show(snapshot.deliveries, snapshot.newest)


def chart_points(points: Sequence[tuple[float, float]]) -> str:
    """Return an SVG polyline of the last five minutes (at first of what there is), scaled to the highest rate."""
    newest, highest = points[-1][0], max([1.0, *(rate for _, rate in points)])
    shown = [(time, rate) for time, rate in points if newest - time <= CHART_SECONDS]
    span = max(newest - shown[0][0], SHORTEST_SPAN)
    return " ".join(
        f"{CHART_WIDTH * (1 - (newest - time) / span):.1f},{(CHART_HEIGHT - 2) * (1 - rate / highest) + 1:.1f}"
        for time, rate in shown
    )


def held_words(ingest: dict[str, Any]) -> str:
    """Say how many alerts were not told because the same was told before, so that nothing is held back unseen."""
    rules = sum(((ingest.get("repeats") or {}).get("held_back") or {}).values())
    held = rules + ((ingest.get("correlations") or {}).get("held_back") or 0)
    return f"{count(held)} repeats held back" if held else ""


def delivery_words(delivery: Delivery, newest: int) -> str:
    """Say how far an output is; what went wrong comes first."""
    waiting = max(newest - delivery.alert_id, 0)
    words = [f"{count(delivery.sent)} sent"]
    words += [f"{count(waiting)} waiting"] if waiting else []
    words += [f"{count(delivery.refused)} refused"] if delivery.refused else []
    return (f"{delivery.error} · " if delivery.error else "") + " · ".join(words)


def _set(element: Element, points: str) -> None:
    element.props["points"] = points
    element.update()


def _rate_note(rates: Sequence[float]) -> str:
    return f"highest in 5 min: {count(max(rates))}"


def _events_note(ingest: dict[str, Any]) -> str:
    rules = ingest.get("rules")
    words = [f"{count(rules)} rules"] if rules is not None else []
    words += [f"{count(ingest['alerts'])} alerts"] if ingest.get("alerts") is not None else []
    return " · ".join(words)


def _lag(ingest: dict[str, Any]) -> str:
    lag = ingest.get("lag_seconds")
    return "—" if lag is None else duration(lag)


def _backlog_note(ingest: dict[str, Any]) -> str:
    backlog, spool = ingest.get("backlog_bytes") or 0, ingest.get("spool_bytes") or 0
    return f"{size(backlog)} to read · spool {size(spool)}"


def _archive_note(archiver: dict[str, Any]) -> str:
    events = archiver.get("total_events")
    if events is None:
        events = archiver.get("events") or 0
    dropped = sum((archiver.get("dropped") or {}).values())
    words = [f"{count(events)} events"]
    words += [f"{count(dropped)} left out"] if dropped else []
    return " · ".join(words)
