"""Names of objects: written, printed, taken from events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.testing.objects import ObjectForm, ObjectName, object_of, parse_object

WORD = st.text(st.characters(blacklist_characters="/", blacklist_categories=("Cs",)), min_size=1, max_size=8)

FORMS = [
    ("payments/pods/api-0", ObjectName("payments", "pods", "api-0")),
    ("payments/pods/api-0/exec", ObjectName("payments", "pods", "api-0", "exec")),
    ("payments/secrets", ObjectName("payments", "secrets")),
    ("payments/pods//eviction", ObjectName("payments", "pods", "", "eviction")),
    ("/nodes/worker-1/proxy", ObjectName("", "nodes", "worker-1", "proxy")),
    ("/clusterroles/system:masters", ObjectName("", "clusterroles", "system:masters")),
    ("/secrets", ObjectName("", "secrets")),
    ("uri:/healthz", ObjectName(uri="/healthz")),
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_texts_are_read_and_printed(text, name):
    assert parse_object(text) == name
    assert str(name) == text


@given(st.builds(ObjectName, st.just("") | WORD, WORD.filter(str.strip), st.just("") | WORD, st.just("") | WORD))
def test_what_is_printed_is_read_again(name):
    if not str(name).startswith("uri:"):
        assert parse_object(str(name)) == name


def test_maps_mean_the_same_as_texts():
    assert parse_object(ObjectForm(resource="nodes", name="n", subresource="proxy")) == parse_object("/nodes/n/proxy")
    assert parse_object(ObjectForm(uri="/metrics")) == parse_object("uri:/metrics")


@pytest.mark.parametrize(
    "written",
    [
        "pods",
        "payments/",
        "",
        "a//b",
        ObjectForm(),
        ObjectForm(name="x"),
        ObjectForm(uri="/x", resource="pods"),
        ObjectForm(uri="/x", name="n"),
    ],
)
def test_what_is_no_object_is_refused(written):
    with pytest.raises(ValueError, match="object"):
        parse_object(written)


def test_an_event_tells_its_object_or_its_path(event):
    ref = {"namespace": "payments", "resource": "pods", "name": "p", "subresource": "exec"}
    assert str(object_of(event(objectRef=ref))) == "payments/pods/p/exec"
    assert str(object_of(event(objectRef={"resource": "nodes"}))) == "/nodes"
    assert str(object_of(event(requestURI="/healthz?verbose"))) == "uri:/healthz"
    assert str(object_of(event(requestURI=None))) == "uri:/"
