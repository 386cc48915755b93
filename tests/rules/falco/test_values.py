"""Typed values out of YAML, as yaml-cpp reads them."""

import pytest

from lanner.config.yamltext import compose
from lanner.rules.falco.findings import LoadError
from lanner.rules.falco.values import Item, is_null, unsigned


def _item(text):
    return Item(compose(text)[0], "f.yaml")


@pytest.mark.parametrize(
    ("text", "number"),
    [("15", 15), ("+7", 7), ("010", 8), ("0x1F", 31), ("0", 0), ("3 ", 3)]
    + [(text, None) for text in ("", " 3", "-1", "1.5", "08", "0x", "a", "4294967296", "9" * 40)],
)
def test_unsigned_numbers(text, number):
    assert unsigned(text) == number


@pytest.mark.parametrize("word", ["y", "Yes", "TRUE", "on", "'true'"])
def test_words_for_true(word):
    assert _item(f"a: {word}").flag("a") is True


@pytest.mark.parametrize("word", ["n", "No", "FALSE", "off"])
def test_words_for_false(word):
    assert _item(f"a: {word}").flag("a", default=True) is False


@pytest.mark.parametrize("word", ["tRUE", "1", "maybe"])
def test_other_words_are_refused_at_their_place(word):
    with pytest.raises(LoadError) as caught:
        _item(f"x: y\na: {word}").flag("a")
    assert (caught.value.place.line, caught.value.place.column) == (2, 4)


def test_null_is_a_plain_word_only():
    assert [is_null(node) for node in compose("[~, null, '', 'null', x, []]")[0].items] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_missing_key_has_its_default_and_no_number():
    item = _item("a: 1")
    assert item.flag("b", default=False) is False
    assert item.number("a") == 1
    with pytest.raises(LoadError, match="no mapping for key 'b'"):
        item.number("b")
