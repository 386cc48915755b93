"""The table of fields against what Falco recorded."""

import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import FIELDS, FieldError, lookup


def _split(written):
    name, bracket, argument = written.partition("[")
    return name, argument.removesuffix("]") if bracket else None


def test_every_value_that_falco_recorded_is_extracted_and_no_other(oracle_lines, oracle_fields, oracle_names):
    """All fields of all recorded events, absent ones included."""
    # The recording carries the auditID beside the fields.
    extractors = {name: lookup(*_split(name)) for name in oracle_names if name != "ka.auditid"}
    compared = 0
    for line in oracle_lines:
        event = decode(line).events[0]
        if event.head.audit_id in oracle_fields:
            values = {name: extract(event) for name, extract in extractors.items()}
            found = {name: value for name, value in values.items() if value is not None}
            assert found == oracle_fields[event.head.audit_id], event.head.audit_id
            compared += 1
    assert compared == len(oracle_fields) == 175


def test_every_field_that_falco_has_is_in_the_table(oracle_names):
    """No rule fails to load for want of a field."""
    assert {_split(name)[0] for name in oracle_names} <= FIELDS.keys()


def test_values_have_the_type_that_the_table_says(oracle_lines):
    """Lists are lists of text and never empty; numbers are numbers; all else is text."""
    events = [decode(line).events[0] for line in oracle_lines]
    for info in FIELDS.values():
        extract = lookup(info.name, "/verb" if info.required else None)
        for value in filter(None, map(extract, events)):
            if info.is_list:
                assert value
                assert all(isinstance(item, str) for item in value)
            else:
                assert isinstance(value, str if info.type == "string" else int)


def test_every_field_is_described_in_a_line():
    """The table is documentation."""
    for info in FIELDS.values():
        assert info.description.strip()
        assert "\n" not in info.description


@pytest.mark.parametrize("name", ["ka.nope", "evt.type", "proc.name"])
def test_an_unknown_field_fails_in_falcos_words(name):
    """Fields of system calls do not exist for audit events."""
    with pytest.raises(FieldError) as caught:
        lookup(name, None)
    assert str(caught.value) == f"filter_check called with nonexistent field {name}"


def test_the_argument_is_checked_before_it_is_used():
    """A wrong argument never reaches an extractor."""
    with pytest.raises(FieldError, match="does not allow nor require an argument"):
        lookup("ka.verb", "0")
