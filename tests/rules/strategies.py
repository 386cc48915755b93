"""Random conditions over real fields and values, and random changes of real events."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

from lanner.rules import ir

ORACLE = Path(__file__).parents[1] / "data" / "falco_oracle"
LINES = (ORACLE / "events.jsonl").read_bytes().splitlines()

TEXT_FIELDS = [
    *(ir.Field(name) for name in ("ka.stage", "ka.verb", "ka.uri", "ka.user.name", "ka.target.name", "ka.auditid")),
    *(ir.Field(name) for name in ("ka.target.resource", "ka.target.subresource", "ka.target.namespace")),
    *(ir.Field(name) for name in ("ka.response.code", "ka.response.reason", "ka.req.pod.host_network")),
    *(ir.Field("jevt.value", pointer) for pointer in ("/stage", "/verb", "/objectRef/resource", "/user/username")),
    *(
        ir.Field("jevt.value", pointer)
        for pointer in ("/impersonatedUser/groups", "/responseStatus/code", "/annotations")
    ),
    ir.Field("json.value", "/objectRef/subresource"),
    ir.Field("ka.uri.param", "command"),
]
LIST_FIELDS = [
    ir.Field("ka.user.groups"),
    ir.Field("ka.req.pod.containers.image"),
    ir.Field("ka.req.role.rules.verbs", "0"),
]
WORDS = [
    "ResponseComplete", "RequestReceived", "create", "get", "list", "delete", "pods", "secrets", "exec", "log",
    "alice", "system:masters", "system:authenticated", "nginx:1.25", "200", "403", "kube-system", "default", "", "*",
    "/",
]  # fmt: skip
TEXT_OPERATORS = [
    "=", "==", "!=", "contains", "icontains", "startswith", "endswith", "glob", "iglob", "<", "<=", ">", ">=",
]  # fmt: skip

words = st.sampled_from(WORDS).map(ir.Text)
word_lists = st.lists(words, max_size=4).map(lambda items: ir.Values(tuple(items)))
text_fields = st.sampled_from(TEXT_FIELDS)
list_fields = st.sampled_from(LIST_FIELDS)
text_operands = text_fields | st.builds(
    lambda name, field: ir.Call(name, (field,)), st.sampled_from(["tolower", "toupper", "basename", "b64"]), text_fields
)


def _between(operator: str, left: ir.Operand, field: ir.Field) -> ir.Compare:
    return ir.Compare(left, operator, ir.Call("val", (field,)))


checks = st.one_of(
    st.builds(ir.Compare, text_operands, st.sampled_from(["in", "intersects", "pmatch"]), word_lists),
    st.builds(ir.Compare, list_fields, st.sampled_from(["in", "intersects"]), word_lists),
    st.builds(ir.Compare, text_operands, st.sampled_from(TEXT_OPERATORS[:9]), words),
    st.builds(
        ir.Compare,
        text_operands,
        st.sampled_from(TEXT_OPERATORS[9:]),
        st.sampled_from(["1", "0x2f", "300"]).map(ir.Text),
    ),
    st.builds(_between, st.sampled_from(["=", "!=", "startswith", "in"]), text_operands, text_fields),
    st.builds(ir.Exists, text_operands | list_fields),
    st.builds(lambda field: ir.Compare(ir.Call("len", (field,)), ">", ir.Text("4")), text_fields | list_fields),
    st.builds(
        lambda field, word: ir.Compare(ir.Call("concat", (ir.Text("-"), field)), "contains", word), text_fields, words
    ),
    st.builds(
        lambda field, word: ir.Compare(ir.Call("join", (ir.Text(","), field)), "contains", word), list_fields, words
    ),
)


def _grow(inner: st.SearchStrategy[ir.Condition]) -> st.SearchStrategy[ir.Condition]:
    items = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(ir.Not, inner) | st.builds(ir.And, items) | st.builds(ir.Or, items)


conditions = st.recursive(checks, _grow, max_leaves=12)


@st.composite
def event_lines(draw: st.DrawFn) -> bytes:
    """A recorded event with some of its keys taken away, emptied, nulled or swapped with another event's."""
    document = json.loads(draw(st.sampled_from(LINES)))
    donor = json.loads(draw(st.sampled_from(LINES)))
    for key in draw(st.lists(st.sampled_from(sorted(document)), max_size=3)):
        change = draw(st.sampled_from(["drop", "swap", "null", "empty"]))
        if key in ("kind", "apiVersion", "stageTimestamp"):
            continue
        if change == "swap" and key in donor:
            document[key] = donor[key]
        elif change == "null":
            document[key] = None
        elif change == "empty" and isinstance(document.get(key), str):
            document[key] = ""
        else:
            document.pop(key, None)
    return json.dumps(document).encode()
