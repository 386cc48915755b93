"""The collector keeps order of first definition and remembers the last change."""

import pytest

from lanner.rules.falco.collector import Collector
from lanner.rules.falco.definitions import ListItem
from lanner.rules.falco.findings import LoadError, Place


def test_a_list_defined_anew_keeps_its_index_and_becomes_newer():
    collector = Collector()
    for name in ("a", "b", "a"):
        collector.define_list(ListItem(name, Place(), [name]))
    assert [(item.name, item.index, item.visibility) for item in collector.lists.values()] == [("a", 0, 2), ("b", 1, 1)]


def test_items_are_appended_to_a_list_that_is_there():
    collector = Collector()
    collector.define_list(ListItem("a", Place(), ["x"]))
    collector.append_list(ListItem("a", Place(), ["y"]))
    assert collector.lists["a"].items == ["x", "y"]
    with pytest.raises(LoadError, match="no list by that name"):
        collector.append_list(ListItem("b", Place(), []))
