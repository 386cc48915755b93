"""Transformers value by value."""

from __future__ import annotations

import pytest

from lanner.rules import ir
from lanner.rules.transformers import call_function, flatten, map_text, options

FIELD = ir.Field("ka.verb")


def apply(name, *values):
    return call_function(ir.Call(name, (FIELD,) * len(values)))(*values)


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("val", ["a"], "a"),
        ("tolower", ["AB"], "ab"),
        ("toupper", [["a", "b"]], ["A", "B"]),
        ("basename", ["/x/y"], "y"),
        ("b64", ["aGk="], "hi"),
        # One item that cannot be decoded leaves no list.
        ("b64", [["aGk=", "?"]], None),
        # Bytes up to the first NUL; a list's items; a number's digits never come here but in outputs.
        ("len", ["\u00e9"], 2),
        ("len", ["a\0b"], 1),
        ("len", [["a", "b", "c"]], 3),
        ("len", [[]], 0),
        ("len", [None], None),
        ("concat", ["a\0b", "c"], "ac"),
        ("concat", ["a", None], None),
        ("join", ["-", ["a", "b\0c"]], "a-b"),
        ("join", ["-", []], ""),
        ("join", ["-", None], None),
        ("join", [None, ["a"]], None),
        ("join", [1, ["a", "b"]], "a1b"),
        ("getopt", [["-n"], "n"], ["n"]),
        ("getopt", [None, "n"], None),
        ("getopt", [["-n"], None], None),
    ],
)
def test_a_transformer_gives_the_value_or_nothing(name, values, result):
    assert apply(name, *values) == result


@pytest.mark.parametrize(
    ("words", "letters", "found"),
    [
        (["-n"], "n", ["n"]),
        (["-t", "hello"], "t:", ["t", "hello"]),
        (["-nt", "hello"], "nt:", ["n", "t", "hello"]),
        (["-thello"], "t:", ["t", "hello"]),
        (["-n", "--", "-t"], "nt", ["n"]),
        (["-x", "-n"], "n", ["?", "n"]),
        (["file", "-n"], "n", []),
        (["-n", "file", "-t"], "nt", ["n"]),
        (["-", "-n"], "n", []),
        (["--exec", "-n"], "nexc", ["n"]),
        (["-t"], "t:", [""]),
        (["-t", ""], "t:", ["t", ""]),
        (["-t", "-n"], "t:n", ["t", "-n"]),
        (["-:"], ":n", ["?"]),
        (["-n"], "", ["?"]),
        ([], "n", []),
        (["", "-n"], "n", []),
    ],
)
def test_options_are_read_like_getopt_without_long_ones(words, letters, found):
    assert options(words, letters) == found


def test_numbers_and_lists_flatten_to_texts():
    assert flatten(["a", ["b", "c"], 4]) == ["a", "b", "c", "4"]
    assert flatten(["a", None]) is None
    assert map_text(str.upper, 12) == "12"
