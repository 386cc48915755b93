"""What the readers of items share."""

import pytest

from lanner.config.yamltext import compose
from lanner.rules.falco.collector import Collector
from lanner.rules.falco.findings import LoadError
from lanner.rules.falco.reading import Reading
from lanner.rules.falco.values import Item


def _overrides(text, *, append_flag=False):
    item = Item(compose(text)[0], "a.yaml")
    return Reading("a.yaml", Collector()).overrides(item, ("x",), ("x", "y"), append_flag=append_flag)


def test_overrides_are_split_by_their_word():
    overrides = _overrides("override: {x: append, y: replace}")
    assert (overrides.append, overrides.replace, overrides.any) == ({"x"}, {"y"}, True)


@pytest.mark.parametrize("text", ["a: b", "override: ~", "override: []", "override: {}"])
def test_nothing_is_overridden_by_nothing(text):
    assert not _overrides(text, append_flag=True).any


@pytest.mark.parametrize("text", ["override: {y: append}", "override: {z: replace}", "override: {x: [append]}"])
def test_wrong_overrides_are_refused(text):
    with pytest.raises(LoadError):
        _overrides(text)


def test_append_and_override_exclude_each_other():
    with pytest.raises(LoadError, match="cannot be used together"):
        _overrides("override: {x: append}", append_flag=True)
