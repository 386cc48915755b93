"""Texts that are fields, or stand where a field stands."""

import pytest

from lanner.audit.fields import FieldError
from lanner.rules.falco.fieldtext import is_field, is_left_side, may_be_of_system_calls


@pytest.mark.parametrize("text", ["ka.verb", "ka.uri.param[x]", "jevt.value[/a/b]", "evt.num"])
def test_fields(text):
    assert is_field(text)
    assert is_left_side(text)


@pytest.mark.parametrize("text", ["", "ka", "ka.nope", "ka.verb x", "ka.uri.param[x]y", "proc.name", "ka.nope[1]"])
def test_texts_that_are_no_fields(text):
    assert not is_field(text)


@pytest.mark.parametrize("text", ["ka.verb[1]", "ka.uri.param", "ka.uri.param[", "ka.uri.param[x"])
def test_fields_with_a_wrong_argument_are_told_in_falcos_words(text):
    with pytest.raises(FieldError, match="filter '"):
        is_field(text)


def test_transformers_stand_left_when_they_fit():
    assert is_left_side("toupper(tolower(ka.verb))")
    assert not is_left_side("tolower(ka.nope)")
    assert not is_left_side("nope(ka.verb)")


def test_fields_of_system_calls_are_known_by_their_class():
    assert all(map(may_be_of_system_calls, ("proc.name", "tolower( fd.name)", "json.value[/a]", "evt.arg.x")))
    assert not any(map(may_be_of_system_calls, ("ka.verb", "toupper(ka.verb)", "ct.user", "proc", "")))
