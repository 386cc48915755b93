"""What hints say."""

import pytest

from lanner.rules.falco.hints import hint_for, nearest


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("filter_check called with nonexistent field ka.usr.name", "did you mean 'ka.user.name'?"),
        ("'ka.usr.name' is not a supported filter field", "did you mean 'ka.user.name'?"),
        ("filter_check called with nonexistent field proc.name", "'lanner fields' shows the fields of an event"),
        ("Undefined macro 'kevnt' used in filter.", "did you mean 'kevt'?"),
        ("Undefined macro 'names' used in filter.", "'names' is a list: write 'FIELD in (names)'"),
        ("filter error: '=' operator not supported list filters", "lists are compared with 'in'"),
        ("filter error: 'bcontains' operator not supported for string filters", "bytes operators do not work on text"),
        ("expected a valid check operator: one of ...", "a comparison is FIELD OPERATOR VALUE"),
        ("unexpected token after 'a', expecting 'or', 'and'", "join checks with 'and' or 'or', in small letters"),
        ("unsupported string escape sequence: \\x", "a backslash is written"),
        ("exceeded max depth limit of 1000", "split it into macros"),
        ("0x1F is not a valid number", "numbers are written in decimal digits"),
        ("invalid regex pattern: invalid escape sequence: \\d", "regex is RE2 in POSIX syntax"),
        ("field 'a' has type 'CHARBUF' while ... has incompatible type 'UINT64'", "both sides need one type"),
        ("something else", ""),
    ],
)
def test_a_hint_says_what_to_write(message, hint):
    found = hint_for(message, ["kevt"], ["names"])
    assert found.startswith(hint)
    assert bool(found) is bool(hint)


def test_nothing_near_gives_no_hint():
    assert nearest("zzz", ["rule", "macro"]) == ""
