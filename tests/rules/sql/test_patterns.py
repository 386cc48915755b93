"""Globs and path prefixes as regular expressions agree with Falco's matching of texts in ASCII."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.glob import glob_matcher
from lanner.rules.patterns import PathPrefixes
from lanner.rules.sql.patterns import glob_expression, paths_expression
from lanner.rules.sql.reading import UnreadError

pieces = st.sampled_from(
    ["*", "?", "[a-c]", "[!a]", "[^/]", "[.-0]", "a", "b", ".", "\\", "\\*", "[", "]", "-", "/", "//"]
)
patterns = st.lists(pieces, max_size=6).map("".join)
texts = st.text(alphabet="abc./*[]-\\\n", max_size=8)


def fits(expression, text):
    return re2.fullmatch(f"(?s){expression}", text) is not None


@given(patterns, texts, st.booleans())
def test_a_glob(pattern, text, fold):
    """Every form that fnmatch knows."""
    assert fits(glob_expression(pattern, fold=fold), text) == glob_matcher(pattern, ignore_case=fold)(text)


@given(st.lists(patterns, min_size=1, max_size=3), texts)
def test_path_prefixes(paths, text):
    """Part by part, shell patterns within a part, doubled slashes apart."""
    expression = paths_expression(paths)
    assert (expression is None or fits(expression, text)) == PathPrefixes(paths).match(text)


@pytest.mark.parametrize("pattern", ["\u00e9?", "a" * 600])
def test_patterns_that_sql_cannot_hold_are_refused(pattern):
    """Characters of several bytes, and patterns that are compared as they stand."""
    with pytest.raises(UnreadError):
        glob_expression(pattern, fold=False)
