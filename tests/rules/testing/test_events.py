"""Events of tests: laid over one another, read from files."""

import msgspec
import pytest

from lanner.errors import SourceError
from lanner.rules.testing.events import SKELETON, make_events, merge, misspelt_key, read_events


def test_maps_merge_key_by_key_and_all_else_is_replaced():
    assert merge({"a": {"b": 1, "c": [1]}, "d": 2, "f": 3}, {"a": {"c": [2]}, "d": {"e": 1}, "f": None}) == {
        "a": {"b": 1, "c": [2]},
        "d": {"e": 1},
    }


def test_null_drops_a_key_of_the_event_and_stays_in_its_bodies():
    base = {"objectRef": {"name": "p"}, "requestObject": {"a": {"b": 1}, "c": [1]}, "responseObject": {"d": 1}}
    change = {"objectRef": {"name": None}, "requestObject": {"a": {"b": None}, "e": None}, "responseObject": None}
    assert merge(base, change) == {"objectRef": {}, "requestObject": {"a": {"b": None}, "c": [1], "e": None}}


def test_events_are_numbered():
    made = list(make_events(SKELETON, [{}, {"verb": "list"}]))
    assert [(given.label, given.event.number, given.event.head.verb) for given in made] == [
        ("event 1", 1, "get"),
        ("event 2", 2, "list"),
    ]


def test_what_is_no_event_says_why():
    with pytest.raises(SourceError, match=r"event 1: .*its kind is another \('Pod'\)"):
        list(make_events(SKELETON, [{"kind": "Pod"}]))


def test_events_of_a_file_bear_their_places(tmp_path):
    lines = [("f:1", msgspec.json.encode({"kind": "EventList", "items": [SKELETON, SKELETON]})), ("f:2", b"")]
    assert [given.label for given in read_events(tmp_path, lambda _path: lines)] == ["f:1", "f:1"]
    with pytest.raises(SourceError, match="f:3: not JSON"):
        list(read_events(tmp_path, lambda _path: [*lines, ("f:3", b"{")]))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"objectref": {}}, (("objectref",), "did you mean 'objectRef'?")),
        ({"objectRef": {"ressource": "pods"}}, (("objectRef", "ressource"), "did you mean 'resource'?")),
        ({"user": {"user_name": "bob"}}, (("user", "user_name"), "did you mean 'username'?")),
        ({"impersonatedUser": {"group": []}}, (("impersonatedUser", "group"), "did you mean 'groups'?")),
        ({"responseStatus": {"cod": 1}}, (("responseStatus", "cod"), "did you mean 'code'?")),
        ({"objectRef": None, "verb": "get", "x": 1, "requestObject": {"vreb": 1}}, None),
    ],
)
def test_keys_that_are_nearly_right_are_found(change, found):
    assert misspelt_key(change) == found
