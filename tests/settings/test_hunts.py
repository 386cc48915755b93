"""Saved hunts as lanner.yaml writes them."""

from __future__ import annotations

import datetime as dt

import pytest

from lanner.errors import SourceError, UsageError
from lanner.settings.hunts import SavedHunt, parse_span
from lanner.settings.load import load


@pytest.fixture
def read(tmp_path):
    def load_text(*entries: str):
        path = tmp_path / "lanner.yaml"
        path.write_text("hunts:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries))
        return load(path).settings.hunts

    return load_text


def test_a_hunt_looks_back_twice_its_interval_unless_it_says_otherwise(read):
    first, second, third = read(
        "name: a, sql: SELECT 1, every: 30m",
        "name: b, rules: [Exec], every: 1h, within: 7d, enabled: false",
        "name: c, sql: SELECT 1",
    )
    assert (first.scheduled, first.window) == (True, dt.timedelta(hours=1))
    assert (second.scheduled, second.window) == (False, dt.timedelta(days=7))
    assert (first.looks_back, second.looks_back, third.looks_back) == ("60m", "7d", "")
    assert not third.scheduled


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("name: a", "give either sql or rules"),
        ("name: a, sql: SELECT 1, rules: [b]", "give either sql or rules"),
        ("name: a, sql: SELECT 1, every: hourly", "write `30m`, `1h` or `7d`"),
        ("name: a, sql: SELECT 1, every: 1h, within: 1 week", "write `30m`, `1h` or `7d`"),
        ("name: a, sql: SELECT 1, every: 1h, within: 5m", "shorter than `every`"),
        ("name: a, sql: SELECT 1, within: 5m", "give `every`, too"),
        ("name: a, sql: SELECT 1, evry: 1h", "did you mean 'every'"),
        ("name: a, sql: SELECT 1, priority: hgih", "priority: Invalid enum value 'hgih'"),
    ],
)
def test_mistakes_are_named_with_their_place(read, entry, words):
    with pytest.raises(SourceError, match=words) as caught:
        read(entry)
    assert caught.value.line == 2


def test_two_hunts_of_one_name_would_share_what_they_remember(read):
    with pytest.raises(UsageError, match="two hunts are called 'a'"):
        read("name: a, sql: SELECT 1", "name: a, sql: SELECT 2")


@pytest.mark.parametrize("text", ["", "0h", "1", "h", "-1h", "1.5h", "1000000h"])
def test_a_span_is_a_whole_number_and_a_unit(text):
    with pytest.raises(ValueError, match="is no span of time"):
        parse_span(text)


def test_the_units_of_a_span():
    assert [parse_span(text).total_seconds() for text in ("5m", "2h", "1d")] == [300, 7200, 86_400]
    assert SavedHunt(name="a", sql="x", every="1d").interval == dt.timedelta(days=1)
