"""What a field says of itself, and the check of its argument."""

import pytest

from lanner.audit.fieldinfo import FieldError, FieldInfo, index_of


def _field(**keys):
    return FieldInfo(name="ka.x", description="a field", bind=lambda _argument: lambda _event: None, **keys)


WRONG = [
    ("none", False, "0", "filter 'ka.x[0]': ka.x does not allow nor require an argument but one is provided: 0"),
    ("key", True, None, "filter 'ka.x': ka.x requires an argument but none provided"),
    ("index", False, "a", "filter ka.x[a] ka.x has an invalid index argument not composed only by digits: a"),
    ("index", False, "-1", "filter ka.x[-1] ka.x has an invalid index argument not composed only by digits: -1"),
    ("index", False, "", "filter ka.x[] ka.x has an invalid index argument starting with 0: "),
    (
        "index",
        False,
        "\u0661",
        "filter ka.x[\u0661] ka.x has an invalid index argument not composed only by digits: \u0661",
    ),
    ("index", False, "01", "filter ka.x[01] ka.x has an invalid index argument starting with 0: 01"),
    (
        "index",
        False,
        f"{2**64}",
        f"filter ka.x[{2**64}] ka.x has an invalid index argument not representable on 64 bit: {2**64}",
    ),
]


@pytest.mark.parametrize(("argument", "required", "given", "message"), WRONG)
def test_a_wrong_argument_fails_in_libsinsps_words(argument, required, given, message):
    """Falco's users know these messages."""
    with pytest.raises(FieldError) as caught:
        _field(argument=argument, required=required).check(given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("argument", "required", "given"),
    [
        ("none", False, None),
        ("index", False, None),
        ("index", False, "0"),
        ("index", False, "10"),
        ("index", False, "18446744073709551615"),
        ("key", True, "a/b"),
    ],
)
def test_a_fitting_argument_passes(argument, required, given):
    """Arguments that Falco takes."""
    _field(argument=argument, required=required).check(given)


def test_an_index_is_a_number_or_none():
    """No index means the whole list."""
    assert (index_of("12"), index_of(None)) == (12, None)
