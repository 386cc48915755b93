"""Guesses of texts that regular expressions match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.policy.coverage.patterns import sample
from lanner.rules.patterns import regex_matcher


@pytest.mark.parametrize(
    "pattern",
    [
        "abc",
        '.*(curl|wget)[^"]*[|] *(ba|da|z|a)?sh.*',
        '.*"verbs":[[]"[*]"[^{}]*"resources":[[]"[*]".*',
        "^system:(node|kube):.+$",
        "a{2,3}b?c+",
        r"/api/v1/namespaces/[^/]+/pods/[a-z0-9-]*",
        r"registry\.example\.com/.*",
        "[]a]x",
    ],
)
def test_the_guess_matches(pattern):
    """As Falco's regex does: the whole text."""
    assert regex_matcher(pattern)(sample(pattern))


@given(st.text(alphabet="ab.*+?()[]{}|^$\\1,-", max_size=12))
def test_any_text_gives_some_guess(pattern):
    """Also one that is no pattern."""
    assert isinstance(sample(pattern), str)
