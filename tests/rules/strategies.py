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
    ir.Field("ka.uri.param", "odd"),
]
LIST_FIELDS = [
    ir.Field("ka.user.groups"),
    ir.Field("ka.req.pod.containers.image"),
    ir.Field("ka.req.role.rules.verbs", "0"),
]
WORDS = [
    "ResponseComplete", "RequestReceived", "create", "get", "list", "delete", "pods", "secrets", "exec", "log",
    "alice", "GET", "n:t", "system:masters", "system:authenticated", "nginx:1.25", "200", "403", "kube-system",
    "default", "", "*", "/",
]  # fmt: skip
NUMBER_FIELDS = [ir.Field("evt.num"), ir.Field("evt.rawtime"), ir.Field("evt.rawtime.s")]
PATTERNS = ["*", "?*", "*:*", "[a-s]*", "kube-*", "/api/*/pods*", "system:[!a]*", "r\\\\*", "*\u00e9*"]
EXPRESSIONS = [".*", "^[a-z]+$", "(get|list)", "system:.*", "[[:alpha:]]+", ".*\u00e9?.*"]
PATHS = ["/api", "api/v1/", "/", "/api/*/pods", "/apis/[a-z]*", "system:masters"]
EQUALITY = ["=", "==", "!="]
ORDER = ["<", "<=", ">", ">="]
MEMBERSHIP = ["in", "intersects"]
SUBSTRING = ["contains", "icontains", "startswith", "endswith"]
DEEP = ["tolower", "toupper", "basename", "b64"]

ODD = ["Z2V0AGxpc3Q=", "Z2V0AAA=", "Z2V0/w==", "w6k=", "AA==", "/kQ"]
"""Base64 of `get`, NUL, `list`; of `get` and two NULs; with a wrong byte; an accented letter; NUL; wrong bytes."""

words = st.sampled_from(WORDS).map(ir.Text)
word_lists = st.lists(words, max_size=4).map(lambda items: ir.Values(tuple(items)))
numbers = st.sampled_from(["0", "1", "4", "17", "080", "300", "18446744073709551615", "-1"]).map(ir.Text)
number_lists = st.lists(numbers, max_size=3).map(lambda items: ir.Values(tuple(items)))
text_fields = st.sampled_from(TEXT_FIELDS)
list_fields = st.sampled_from(LIST_FIELDS)
number_fields = st.sampled_from(NUMBER_FIELDS)


def _call(name: str, *arguments: ir.Operand) -> ir.Call:
    return ir.Call(name, arguments)


def _deeper(inner: st.SearchStrategy[ir.Operand]) -> st.SearchStrategy[ir.Operand]:
    return st.builds(_call, st.sampled_from(DEEP), inner)


_items = st.lists(text_fields | words | number_fields | list_fields, min_size=1, max_size=3)
_listed = st.builds(lambda items: ir.Values(tuple(items)), _items) | list_fields
_joined = st.one_of(
    st.builds(
        lambda first, rest: ir.Call("concat", (first, *rest)),
        text_fields | words,
        st.lists(words | text_fields, min_size=1, max_size=2),
    ),
    st.builds(lambda separator, values: _call("join", separator, values), words | text_fields, _listed),
    st.builds(lambda values: _call("join", ir.Text(","), _call("tolower", values)), list_fields),
)
text_operands = st.recursive(text_fields | _joined, _deeper, max_leaves=2)
list_operands = st.recursive(
    list_fields | st.builds(lambda values, letters: _call("getopt", values, letters), _listed, words),
    _deeper,
    max_leaves=2,
)
number_operands = number_fields | st.builds(_call, st.just("len"), text_operands | list_operands)


def _with_right(
    left: st.SearchStrategy[ir.Operand], operators: list[str], right: st.SearchStrategy[ir.Operand]
) -> st.SearchStrategy[ir.Compare]:
    return st.builds(ir.Compare, left, st.sampled_from(operators), right)


def _right_fields(operands: st.SearchStrategy[ir.Operand]) -> st.SearchStrategy[ir.Call]:
    """Fields stand on the right in val(), transformers as they are."""
    return operands.map(lambda operand: operand if isinstance(operand, ir.Call) else _call("val", operand))


_same_numbers = st.sampled_from([ir.Field("evt.num"), _call("len", ir.Field("ka.verb")), _call("len", LIST_FIELDS[0])])

checks = st.one_of(
    _with_right(text_operands, [*EQUALITY, *SUBSTRING, "glob", "iglob"], words),
    _with_right(text_operands, ["glob", "iglob"], st.sampled_from(PATTERNS).map(ir.Text)),
    _with_right(text_operands, ["regex"], st.sampled_from(EXPRESSIONS).map(ir.Text)),
    _with_right(text_operands, MEMBERSHIP, word_lists),
    _with_right(
        text_operands,
        ["pmatch"],
        st.lists(st.sampled_from(PATHS), max_size=3).map(lambda paths: ir.Values(tuple(map(ir.Text, paths)))),
    ),
    _with_right(text_operands, ORDER, st.sampled_from(["1", "0x2f", "300"]).map(ir.Text)),
    _with_right(
        text_operands, [*EQUALITY, *ORDER, *SUBSTRING, *MEMBERSHIP, "glob", "iglob"], _right_fields(text_operands)
    ),
    _with_right(list_operands, MEMBERSHIP, word_lists),
    _with_right(list_operands, MEMBERSHIP, _right_fields(list_operands)),
    _with_right(number_operands, [*EQUALITY, *ORDER], numbers),
    _with_right(number_operands, MEMBERSHIP, number_lists),
    _with_right(_same_numbers, [*EQUALITY, *ORDER, *MEMBERSHIP], _right_fields(_same_numbers)),
    st.builds(ir.Exists, text_operands | list_operands | number_operands),
)


def _grow(inner: st.SearchStrategy[ir.Condition]) -> st.SearchStrategy[ir.Condition]:
    items = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(ir.Not, inner) | st.builds(ir.And, items) | st.builds(ir.Or, items)


conditions = st.recursive(checks, _grow, max_leaves=12)


def _narrowed(field: str, operator: str, words: tuple[str, ...], inner: ir.Condition) -> ir.Condition:
    values = ir.Values(tuple(map(ir.Text, words))) if operator in ("in", "intersects") else ir.Text(words[0])
    return ir.And((inner, ir.Compare(ir.Field(field), operator, values)))


narrow_words = st.lists(
    st.sampled_from([*WORDS, "minikube-user", "kubernetes-admin", "nginx", "kube-public", "system:"]),
    min_size=1,
    max_size=3,
).map(tuple)
narrowed_conditions = st.one_of(
    conditions,
    st.builds(_narrowed, st.just("ka.user.groups"), st.just("intersects"), narrow_words, conditions),
    st.builds(
        _narrowed,
        st.sampled_from(["ka.target.namespace", "ka.user.name", "ka.target.name"]),
        st.sampled_from(["=", "in", "startswith", "contains", "endswith"]),
        narrow_words,
        conditions,
    ),
)
"""Conditions that need a value or a part of one, as rules narrowed to somebody do."""


@st.composite
def event_lines(draw: st.DrawFn) -> bytes:
    """A recorded event with some of its keys taken away, emptied, nulled or swapped with another event's.

    Some ask for a parameter that is Base64 of text with NULs or of bytes that are no UTF-8.
    """
    document = json.loads(draw(st.sampled_from(LINES)))
    if draw(st.booleans()):
        document["requestURI"] = f"/api/v1/pods?odd={draw(st.sampled_from(ODD))}"
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
