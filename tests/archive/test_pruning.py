"""Files are left out only when their metadata says that nothing in them is wanted."""

import datetime as dt

import pytest

from lanner.archive.pruning import Files
from lanner.archive.selection import Selection


@pytest.fixture
def filled(archive, make_row):
    """Three files: ann on the first day, bob on the second, on the third an event that the columns do not tell."""
    archive.append([make_row(1, day=1, user="ann"), make_row(2, day=1, user="amy")])
    archive.append([make_row(3, day=2, user="bob")])
    archive.append([make_row(4, day=3, user="zoe", more=',"responseStatus":{"code":"200"}')])
    return archive


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        ({}, [1, 2, 3]),
        ({"username": {"bob"}}, [2]),
        ({"username": {"ann", "zoe"}}, [1, 3]),
        ({"username": {"anna"}}, []),
        ({"username": {"b" * 40}}, []),
        ({"username": {"bob"}, "resource": {"nodes"}}, []),
        ({"username": {"bob"}, "resource": {"nodes", "pods"}}, [2]),
        ({"impersonated_user": {"bob"}}, []),
        ({"user_agent": {"x"}}, [1, 2, 3]),
    ],
)
def test_files_that_may_hold_values(filled, wanted, days):
    """By the least and greatest text in a file; a column that is null throughout holds nothing."""
    found = Files(filled, Selection()).holding(wanted)
    assert sorted(int(path.partition("day=2026-01-0")[2][0]) for path in found) == days


def test_a_selection_leaves_out_days(filled):
    """Those that are over before it begins."""
    since = Selection(since=dt.datetime(2026, 1, 3, tzinfo=dt.UTC))
    assert [path.count("day=2026-01-03") for path in Files(filled, since).holding({})] == [1]


def test_only_files_with_odd_events_are_asked_for_them(filled):
    """Most archives have none."""
    assert [path.count("day=2026-01-03") for path in Files(filled, Selection()).odd()] == [1]


def test_bounds_that_were_cut_are_bounds_still(archive, make_row):
    """Long texts are cut in the metadata: the greatest is written so that it is not too small."""
    names = ["a" * 40 + "x", "a" * 40 + "z", "\u00e9" * 40]
    archive.append([make_row(number, user=name) for number, name in enumerate(names)])
    for name in names:
        assert len(Files(archive, Selection()).holding({"username": {name}})) == 1
