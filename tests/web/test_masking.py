"""What is hidden in an event, and what is not."""

from __future__ import annotations

import msgspec
import pytest

from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.web.masking import mask_event

SECRETS = {"resource": "secrets", "namespace": "shop", "name": "db"}
VALUE = "aHVudGVyMg=="


@pytest.fixture
def redactor():
    return Redactor(RedactionSettings(), bytes(32))


def test_values_kept_in_clear_are_hidden_and_counted(make, redactor):
    """Each value becomes its mark, as redaction writes it."""
    body = {"kind": "Secret", "data": {"a": VALUE, "b": VALUE}}
    masked = mask_event(msgspec.json.encode(make.event(objectRef=SECRETS, responseObject=body)), redactor)
    mark = redactor.mark(b"hunter2").decode()
    assert msgspec.json.decode(masked.text)["responseObject"]["data"] == {"a": mark, "b": mark}
    assert masked.hidden == 2


def test_what_was_redacted_before_hides_nothing(make, redactor):
    """The text is given as it is kept; there is nothing to be revealed."""
    event = make.event(objectRef=SECRETS, responseObject={"data": {"a": VALUE}})
    kept = mask_event(msgspec.json.encode(event), redactor).text
    masked = mask_event(kept, redactor)
    assert (masked.text, masked.hidden) == (kept, 0)


def test_an_event_without_sensitive_values_is_given_byte_for_byte(make, redactor):
    text = b" " + msgspec.json.encode(make.event(requestObject={"kind": "Pod", "data": {"a": VALUE}}))
    masked = mask_event(text, redactor)
    assert (masked.text, masked.hidden) == (text, 0)


@pytest.mark.parametrize("text", [b"no JSON", b"[" * 5000 + b"]" * 5000, b"[1]"])
def test_what_cannot_be_decoded_is_hidden_whole(text, redactor):
    masked = mask_event(text, redactor)
    assert (msgspec.json.decode(masked.text), masked.hidden) == (redactor.mark(text).decode(), 1)
