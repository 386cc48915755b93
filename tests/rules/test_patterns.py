"""Regular expressions and path prefixes."""

from __future__ import annotations

import pytest

from lanner.rules.patterns import PathPrefixes, regex_matcher


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a+", "aaa", True),
        ("a", "ba", False),
        ("(a|ab)c", "abc", True),
        ("", "", True),
        (".", "\n", False),
        (".", "\u00e9", True),
        ("a$\n^b", "a\nb", True),
        (".\ufffd", "a\udcff", True),
        ("a.*", "a\0b", True),
    ],
)
def test_a_regular_expression_matches_the_whole_text(pattern, text, matches):
    assert regex_matcher(pattern)(text) is matches


@pytest.mark.parametrize("pattern", ["(", "[", r"\d", "a{2000}"])
def test_what_posix_re2_refuses_is_an_error(pattern):
    with pytest.raises(ValueError, match=r"\S"):
        regex_matcher(pattern)


@pytest.mark.parametrize(
    ("paths", "path", "matches"),
    [
        (["/var/run", "/etc"], "/var/run/docker", True),
        (["/var/run"], "/var", False),
        (["/var/run"], "/var/runner", False),
        (["/var/run/"], "var//run", True),
        (["/"], "anything", True),
        (["/home/*/.ssh", "/x"], "/home/u/.ssh/key", True),
        (["/home/*/.ssh"], "/home/.ssh", False),
        (["/a/b", "/a/*/c"], "/a/b2/c/d", True),
        (["/a\\*"], "/a*/b", True),
        (["/a\\b"], "/a\\b", True),
        (["/[ab]/x"], "/b/x", True),
        (["/[ab]/x"], "/c/x", False),
        (["/"], "", True),
        (["", "/x"], "/y", True),
        ([], "/a", False),
    ],
)
def test_a_path_matches_where_a_prefix_covers_its_first_parts(paths, path, matches):
    assert PathPrefixes(paths).match(path) is matches
