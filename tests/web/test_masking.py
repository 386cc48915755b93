"""What is hidden in an event, and what is not."""

from __future__ import annotations

import msgspec
import pytest

from lanner.web.masking import LAST_APPLIED, MARK, mask_event

SECRETS = {"resource": "secrets", "namespace": "shop", "name": "db"}
PODS = {"resource": "pods", "namespace": "shop", "name": "web-1"}
TOKENS = {"resource": "serviceaccounts", "subresource": "token"}
VALUE = "aHVudGVyMg=="

HIDDEN = [
    ("data", SECRETS, {"kind": "Secret", "data": {"password": VALUE}}, 1),
    ("stringData", SECRETS, {"kind": "Secret", "stringData": {"a": VALUE, "b": VALUE}}, 2),
    ("merge patch without a kind", SECRETS, {"data": {"password": VALUE}}, 1),
    ("JSON patch", SECRETS, [{"op": "replace", "path": "/data/password", "value": VALUE}], 1),
    ("JSON patch of a whole key", SECRETS, [{"op": "add", "path": "/data", "value": {"a": VALUE}}], 1),
    ("JSON patch of the root", SECRETS, [{"op": "replace", "path": "", "value": {"data": {"a": VALUE}}}], 1),
    ("list", SECRETS, {"kind": "SecretList", "items": [{"data": {"a": VALUE}}, {"data": {"a": VALUE}}]}, 2),
    ("list of any kind", PODS, {"kind": "List", "items": [{"kind": "Secret", "data": {"a": VALUE}}]}, 1),
    ("annotation", SECRETS, {"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: VALUE}}}, 1),
    ("odd shape", SECRETS, {"kind": "Secret", "data": VALUE}, 1),
    ("token", TOKENS, {"kind": "TokenRequest", "status": {"token": VALUE}}, 1),
    ("token review", {"resource": "tokenreviews"}, {"kind": "TokenReview", "spec": {"token": VALUE}}, 1),
]


@pytest.mark.parametrize("body", ["requestObject", "responseObject"])
@pytest.mark.parametrize(("ref", "content", "hidden"), [case[1:] for case in HIDDEN], ids=[case[0] for case in HIDDEN])
def test_values_are_hidden_and_names_stay(make, body, ref, content, hidden):
    """Each value becomes the mark; all else stays as it was."""
    masked = mask_event(msgspec.json.encode(make.event(objectRef=ref, **{body: content})))
    assert masked.hidden == hidden
    assert VALUE.encode() not in masked.text
    assert masked.text.count(MARK.encode()) == hidden
    assert msgspec.json.decode(masked.text)["objectRef"] == ref


@pytest.mark.parametrize(
    ("ref", "content"),
    [
        (PODS, {"kind": "Pod", "data": {"a": VALUE}}),
        ({"resource": "configmaps"}, {"kind": "ConfigMap", "data": {"a": VALUE}}),
        (SECRETS, {"kind": "Secret", "metadata": {"name": "db"}, "data": None}),
        (SECRETS, {"data": {"removed": None}}),
        (SECRETS, [{"op": "add", "path": "/type", "value": "Opaque"}, "not a step"]),
        (TOKENS, {"kind": "TokenRequest", "status": "not an object"}),
        (None, None),
    ],
)
def test_an_event_without_sensitive_values_is_given_byte_for_byte(make, ref, content):
    text = b" " + msgspec.json.encode(make.event(objectRef=ref, requestObject=content))
    masked = mask_event(text)
    assert (masked.text, masked.hidden) == (text, 0)


@pytest.mark.parametrize("text", [b"no JSON", b"[" * 5000 + b"]" * 5000])
def test_what_cannot_be_decoded_is_hidden_whole(text):
    masked = mask_event(text)
    assert (msgspec.json.decode(masked.text), masked.hidden) == (MARK, 1)


def test_an_event_that_is_no_object_is_given_as_it_is():
    assert mask_event(b"[1]").text == b"[1]"
