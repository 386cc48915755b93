"""Characters of scalars are found in the file, whatever the style of the scalar."""

import pytest

from lanner.config.yamltext import Scalar, compose
from lanner.rules.falco.positions import Source


@pytest.mark.parametrize(
    "source",
    [
        "a: one two X",
        "a: 'one two X'",
        'a: "one two X"',
        "a: >-\n  one\n  two X\n",
        "a: |\n  one two X\n",
        "a: one\n   two X",
    ],
)
def test_a_word_is_found(source):
    scalar = compose(source)[0].get("a")
    line, column = Source(source).locate(scalar, scalar.text.index("X"))
    assert source.splitlines()[line - 1][column - 1] == "X"


def test_what_cannot_be_found_is_placed_at_the_start():
    assert Source("").locate(Scalar("abc", quoted=False, line=3, column=5), 1) == (3, 5)
    assert Source("x: abc").locate(Scalar("abd", quoted=False, line=1, column=4), 2) == (1, 5)
