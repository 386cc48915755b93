"""Fields of the head: absent parts, parameters of the query, and no body decoded."""

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.audit.fields_head import HEAD_FIELDS

PARAMETERS = [
    ("/x?command=sh&command=-c", "sh"),
    ("/x?a=1&command=a%20b%2Fc", "a b/c"),
    ("/x?command=a+b", "a b"),
    ("/x?comm%61nd=sh", "sh"),
    ("/x?command=", ""),
    ("/x?command", ""),
    ("/x?command=a=b", "a=b"),
    ("/x?a=1;command=sh", None),
    ("/x?&&command=sh", "sh"),
    ("/x?Command=sh", None),
    ("/x#?command=sh", None),
    ("/x", None),
    ("/x?", None),
]


@pytest.mark.parametrize(("uri", "value"), PARAMETERS)
def test_a_query_parameter_is_the_first_of_its_name_decoded(uri, value, make_event):
    """As Go's net/url reads queries."""
    assert lookup("ka.uri.param", "command")(make_event(requestURI=uri)) == value


def test_an_event_with_nothing_has_no_value_but_its_own_keys(make_event):
    """Absent parts give None, whichever of them is missing."""
    event = make_event()
    values = {info.name: lookup(info.name, "x" if info.required else None)(event) for info in HEAD_FIELDS}
    assert {name for name, value in values.items() if value is not None} == {"ka.auditid", "ka.stage"}


def test_empty_text_is_a_value_and_an_empty_list_is_none(make_event):
    """Falco tells them apart."""
    event = make_event(user={"username": "", "groups": []}, annotations={"authorization.k8s.io/reason": ""})
    assert lookup("ka.user.name", None)(event) == ""
    assert lookup("ka.auth.reason", None)(event) == ""
    assert lookup("ka.user.groups", None)(event) is None


def test_annotations_of_providers_are_read(make_event):
    """OpenShift's login and the cluster's name."""
    event = make_event(
        annotations={
            "authentication.openshift.io/decision": "deny",
            "authentication.openshift.io/username": "eve",
            "cluster_name": "prod",
        }
    )
    names = ("ka.auth.openshift.decision", "ka.auth.openshift.username", "ka.cluster.name")
    assert [lookup(name, None)(event) for name in names] == ["deny", "eve", "prod"]


def test_fields_of_the_head_decode_no_body(oracle_lines):
    """The head is all that most rules need."""
    event = decode(oracle_lines[2]).events[0]
    event.head.request_object = event.head.response_object = msgspec.Raw(b"this would not decode")
    event.raw = b"neither would this"
    for info in HEAD_FIELDS:
        lookup(info.name, "x" if info.required else None)(event)
