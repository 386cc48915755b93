"""YAML 1.1 scalars as go.yaml.in/yaml/v2 resolves them."""

import math

import pytest

from lanner.policy.decoding.scalars import LONG, resolve
from lanner.policy.decoding.value import GoError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("yES", "yES"),
        ("0777", 511),
        ("0o17", 15),
        ("08", 8.0),
        ("0x1F", 31),
        ("0b101", 5),
        ("-0b11", -3),
        ("+7", 7),
        ("1_000", 1000),
        ("18446744073709551615", 18446744073709551615),
        ("99999999999999999999", 1e20),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".", "."),
        ("-", "-"),
        (".inf", math.inf),
        ("2001-01-01", "2001-01-01"),
        ("12:30:45", "12:30:45"),
    ],
)
def test_plain_scalars(text, value):
    found = resolve("", text, 1, 1)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        (LONG + "str", "5", "5"),
        (LONG + "float", "3", 3.0),
        (LONG + "int", "3", 3),
        (LONG + "binary", "aGk=", "hi"),
        (LONG + "timestamp", "2001-01-01", "2001-01-01"),
        ("!own", "5", "5"),
    ],
)
def test_tagged_scalars(tag, text, value):
    assert resolve(tag, text, 1, 1) == value


@pytest.mark.parametrize(
    ("tag", "text", "message"),
    [
        ("int", "x", "yaml: cannot decode !!str `x` as a !!int"),
        ("bool", "1", "yaml: cannot decode !!int `1` as a !!bool"),
        ("binary", "?", "yaml: !!binary value contains invalid base64 data"),
    ],
)
def test_a_tag_that_does_not_fit(tag, text, message):
    with pytest.raises(GoError) as caught:
        resolve(LONG + tag, text, 3, 4)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, 3, 4)
