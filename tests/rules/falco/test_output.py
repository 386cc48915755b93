"""Output strings: fields, arguments, transformers, widths; rendering never fails."""

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.rules.falco.output import OutputError, OutputFormat

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "a1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/dev/pods/p/exec?command=id",
    "verb": "create",
    "user": {"username": "alice", "groups": ["dev", "all"]},
    "objectRef": {"resource": "pods", "namespace": "dev", "name": "p"},
    "responseStatus": {"code": 201},
    "requestObject": {"spec": {"containers": [{"name": "c", "image": "nginx:1"}]}},
    "stageTimestamp": "2026-01-02T03:04:05.000006Z",
}


def _event(**changes):
    return decode(msgspec.json.encode(EVENT | changes)).events[0]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("plain", "plain"),
        ("*%ka.verb", "create"),
        ("**%ka.verb", "*create"),
        ("u=%ka.user.name(r)", "u=alice(r)"),
        ("%ka.user.names", "alices"),
        ("%ka.verb%ka.stage", "createResponseComplete"),
        ("%ka.user.groups", "(dev,all)"),
        ("%ka.impuser.name", "<NA>"),
        ("%ka.response.code/%ka.target.name", "201/p"),
        ("%ka.uri.param[command]", "id"),
        ("%ka.req.pod.containers.image[0]", "(nginx:1)"),
        ("%jevt.value[/objectRef/resource]", "pods"),
        ("%toupper(ka.verb)!", "CREATE!"),
        ("%concat(ka.verb, ka.target.name)", "createp"),
        ("%8ka.verb|", "create  |"),
        ("%3ka.verb|", "cre|"),
        ("%toupper(ka.impuser.name)", "<NA>"),
    ],
)
def test_an_output_renders_as_falco_renders_it(output, text):
    assert OutputFormat(output).render(_event()) == text


def test_output_fields_are_named_as_written_and_keep_their_types():
    """Lists stay lists, absent values are null, and the time of the event is there in nanoseconds."""
    output = OutputFormat("%ka.user.groups %ka.impuser.name %toupper(ka.verb) %ka.uri.param[command]")
    _, fields = output.resolve(_event())
    assert fields == {
        "ka.user.groups": ["dev", "all"],
        "ka.impuser.name": None,
        "toupper(ka.verb)": "CREATE",
        "ka.uri.param[command]": "id",
        "evt.time": 1767323045000006000,
    }


@pytest.mark.parametrize(
    ("output", "message", "offset"),
    [
        ("", "empty formatting token", 0),
        ("a %", "invalid formatting syntax: formatting cannot end with a %", 2),
        ("%10", "invalid formatting syntax: formatting cannot end with a number", 2),
        ("x %rule", "unknown filter: unexpected token after '", 2),
        ("%%ka.verb", "unknown filter: unexpected token after '", 0),
        ("%toupper(ka.verb", "unknown filter: unexpected token after '", 0),
        ("%toupper(ka.nope)", "filter_check called with nonexistent field ka.nope", 1),
        (
            "%ka.verb[0]",
            "filter 'ka.verb[0]': ka.verb does not allow nor require an argument but one is provided: 0",
            1,
        ),
        ("%ka.uri.param[x", "the parentheses after 'ka.uri.param' are not closed", 13),
        ("%toupper(ka.verb, ka.stage)", "unknown multivalue transformer", 1),
        ("%toupper()", None, 1),
    ],
)
def test_a_wrong_output_is_refused_with_its_place(output, message, offset):
    with pytest.raises(OutputError) as caught:
        OutputFormat(output)
    assert message is None or caught.value.message == message
    assert caught.value.offset == offset


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["spec", "rules", "kind", "name"]), inner)
    ),
    max_leaves=8,
)
OUTPUT = OutputFormat(
    "%ka.req.role.rules %ka.req.pod.containers.image %ka.req.binding.subjects %jevt.value[/requestObject/spec]"
)


@settings(max_examples=100, deadline=None)
@given(json)
def test_rendering_never_fails(body):
    """Whatever stands in the body of a request."""
    event = _event(requestObject=body)
    assert isinstance(OUTPUT.render(event), str)
    assert set(OUTPUT.resolve(event)[1]) >= {"ka.req.role.rules", "evt.time"}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="%*ka.verb[]()toupper19 ,", max_size=25))
def test_any_text_compiles_or_is_refused(text):
    with contextlib.suppress(OutputError):
        assert isinstance(OutputFormat(text).render(_event()), str)


def test_a_value_that_cannot_be_read_counts_as_absent():
    """An extractor that fails on an odd event must not cost the alert."""
    output = OutputFormat("%ka.verb")
    assert output.render(None) == "<NA>"
