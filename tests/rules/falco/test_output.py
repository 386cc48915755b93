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
        ("%0ka.verb|", "create|"),
        ("%8ka.impuser.name|", "<NA>    |"),
        ("%6ka.target.namespace %3ka.user.groups|", "dev    (de|"),
        ("%ka.verb[0]", "create[0]"),
        ("%ka.verb[%ka.stage]", "create[ResponseComplete]"),
        ("%ka.verb.x", "create.x"),
        ("%ka.uri.param[x", "/api/v1/namespaces/dev/pods/p/exec?command=id.param[x"),
        ("%ka.uri.param", "/api/v1/namespaces/dev/pods/p/exec?command=id.param"),
        ("%ka.uri.param['command']|", "id|"),
        ("%ka.req.pod.containers.image[01]", "(nginx:1)[01]"),
        ("%ka.req.pod.containers.image[9]", "<NA>"),
        ("%ka.user.groups[0]", "(dev,all)[0]"),
        ("%jevt.value[/user/groups]", '["dev","all"]'),
        ("%concat(ka.verb, ')(')!", "create)(!"),
        ("%len(ka.user.groups)%tolower(ka.stage)", "2responsecomplete"),
        ("%join(',', ka.user.groups)", "dev,all"),
        ("%toupper( ka.verb )x", "CREATEx"),
        ("%evt.time|%evt.time.s|%evt.time.iso8601", "03:04:05.000006000|03:04:05|2026-01-02T03:04:05.000006000+0000"),
        ("%evt.datetime|%evt.datetime.s", "2026-01-02 03:04:05.000006000|2026-01-02 03:04:05"),
        ("%evt.rawtime %evt.rawtime.s %evt.rawtime.ns", "1767323045000006000 1767323045 000006000"),
        ("%evt.is_async %evt.asynctype %evt.source", "false <NA> k8s_audit"),
        ("100 *%ka.verb* $1 {x} \\n", "100 *create* $1 {x} \\n"),
    ],
)
def test_an_output_renders_as_falco_renders_it(output, text):
    assert OutputFormat(output).render(_event()) == text


def test_output_fields_are_named_as_written_and_keep_their_types():
    """Lists stay lists, absent values are null, times are nanoseconds; of a transformer there is what it transforms."""
    output = OutputFormat(
        "%ka.user.groups %ka.impuser.name %toupper(concat(ka.verb, tolower(ka.stage))) %ka.uri.param['command'] "
        '%evt.num %evt.is_async %evt.time.iso8601 %evt.rawtime.ns %jevt.value["/a(b"] %ka.response.code'
    )
    _, fields = output.resolve(_event())
    assert fields == {
        "ka.user.groups": ["dev", "all"],
        "ka.impuser.name": None,
        "ka.verb": "create",
        "ka.stage": "ResponseComplete",
        "ka.uri.param[command]": "id",
        "evt.num": 0,
        "evt.is_async": False,
        "evt.time.iso8601": 1767323045000006000,
        "evt.rawtime.ns": 6000,
        "jevt.value[/a(b]": None,
        "ka.response.code": "201",
        "evt.time": 1767323045000006000,
    }


LISTS = [
    (["", "", "a", "", "b"], "(a,,b)"),
    ([""], "()"),
    (["a", ""], "(a,)"),
    (["a,b", "(c)"], "(a,b,(c))"),
    (["x" * 600, "y" * 600], f"({'x' * 600},{'y' * 421}"),
    (["\u00e9" * 600], "(" + "\u00e9" * 511),
    (["x", "\u00e9" * 600], "(x," + "\u00e9" * 510),
    (["xy", "\u00e9" * 600], "(xy," + "\u00e9" * 509 + "\ufffd"),
]


@pytest.mark.parametrize(("groups", "text"), LISTS)
def test_a_list_is_shown_as_falco_shows_it(groups, text):
    """Without leading empty items, cut to 1023 bytes; the fields have it whole."""
    found, fields = OutputFormat("%ka.user.groups").resolve(_event(user={"groups": groups}))
    assert found == text
    assert fields["ka.user.groups"] == groups


@pytest.mark.parametrize(
    ("value", "text"),
    [("\u00e9\u00e9", "\u00e9\ufffd"), ("\u00e9", "\u00e9 "), ("abcd", "abc"), ("", "   "), ("\u2638x", "\u2638")],
)
def test_widths_count_bytes(value, text):
    """As in Falco, whose JSON shows half a character as U+FFFD."""
    assert OutputFormat("%3ka.verb").render(_event(verb=value)) == text


@pytest.mark.parametrize(
    ("output", "message", "offset"),
    [
        ("", "empty formatting token", 0),
        ("a %", "invalid formatting syntax: formatting cannot end with a %", 2),
        ("%10", "invalid formatting syntax: formatting cannot end with a number", 2),
        ("x %rule", "unknown filter: unexpected token after '", 2),
        ("%%ka.verb", "unknown filter: unexpected token after '", 0),
        ("%toupper(ka.verb", "unknown filter: unexpected token after '", 0),
        ("%toupper(ka.nope)", "unknown filter: unexpected token after '", 0),
        ("%val(ka.verb)", "unknown filter: unexpected token after '", 0),
        ("%jevt.value", "unknown filter: unexpected token after '", 0),
        ("%jevt.value[]", "unknown filter: unexpected token after '", 0),
        ("%jevt.value[/a b]", "unknown filter: unexpected token after '", 0),
        ("%evt.type", "unknown filter: unexpected token after '", 0),
        ("%jevt.time", "unknown filter: unexpected token after '", 0),
        ("% ka.verb", "unknown filter: unexpected token after '", 0),
        ("%-8ka.verb", "unknown filter: unexpected token after '", 0),
        ("%toupper (ka.verb)", "unknown filter: unexpected token after '", 0),
        ("%toupper(ka.verb, ka.stage)", "unknown filter: unexpected token after '", 0),
        ("%toupper()", "unknown filter: unexpected token after '", 0),
    ],
)
def test_a_wrong_output_is_refused_with_its_place(output, message, offset):
    with pytest.raises(OutputError) as caught:
        OutputFormat(output)
    assert caught.value.message == message
    assert caught.value.offset == offset


def test_the_hint_names_the_mistake():
    """What Falco says of every one of them is the same."""
    for output, hint in (
        ("x %ka.vreb", "filter_check called with nonexistent field ka.vreb"),
        ("%jevt.value[]", "filter 'jevt.value': jevt.value requires an argument but none provided"),
        ("%toupper(ka.verb", "close the parentheses of the transformer"),
    ):
        with pytest.raises(OutputError) as caught:
            OutputFormat(output)
        assert caught.value.hint == hint


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
