"""Texts put together from several places."""

from lanner.config.yamltext import Scalar
from lanner.rules.falco.definitions import Entry, RuleUpdate, Written
from lanner.rules.falco.findings import Place


def _written(text, line):
    return Written.of(Scalar(text, quoted=False, line=line, column=1), f"{line}.yaml")


def test_an_offset_is_found_in_the_piece_that_holds_it():
    written = _written("abc", 1)
    written.append(_written("def", 2))
    assert written.text == "abc def"
    assert [(piece.file, inside) for piece, inside in map(written.locate, (0, 3, 4, 6))] == [
        ("1.yaml", 0),
        ("1.yaml", 3),
        ("2.yaml", 0),
        ("2.yaml", 2),
    ]


def test_entries_and_updates_know_whether_there_is_something_in_them():
    assert not Entry().given
    assert not Entry(is_list=True).given
    assert Entry(item="a").given
    assert not RuleUpdate("r", Place(), enabled=False).appends_any
    assert RuleUpdate("r", Place(), tags=set()).appends_any
