"""Random detections hold for the random events for which a plain reading of Sigma says so."""

import itertools
import re

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.loading import load_texts

WORDS = st.sampled_from(["alice", "Alice", "ali", "system:node", "a*c", "x.y", "[b]", "é", "", "ab", "é?", "10.1.2.3"])
ENUM = {
    "verb": ["get", "list", "create"],
    "objectRef.resource": ["pods", "secrets"],
    "objectRef.subresource": ["exec", "log"],
    "stage": ["ResponseComplete", "RequestReceived"],
}
FREE = ["user.username", "objectRef.name", "userAgent"]
MANY = ["requestObject.a.b", "requestObject.a.c.d", "requestObject.e", "user.groups", "sourceIPs"]
VALUES = WORDS | st.integers(-3, 12) | st.booleans()


def nested(inner):
    return st.lists(inner, max_size=3) | inner


def optional(values):
    return st.none() | values


EVENTS = st.fixed_dictionaries(
    {
        "kind": st.just("Event"),
        "apiVersion": st.just("audit.k8s.io/v1"),
        "auditID": st.just("a"),
        "stage": st.sampled_from(ENUM["stage"]),
        "stageTimestamp": st.just("2026-01-02T03:04:05.000000Z"),
        "verb": st.sampled_from(ENUM["verb"]),
        "user": st.fixed_dictionaries({"username": WORDS, "groups": st.lists(WORDS, max_size=2)}),
    },
    optional={
        "userAgent": WORDS,
        "sourceIPs": st.lists(st.sampled_from(["10.1.2.3", "192.168.5.1", "x"]), max_size=2),
        "objectRef": st.fixed_dictionaries(
            {"resource": st.sampled_from(ENUM["objectRef.resource"])},
            optional={"name": WORDS, "subresource": st.sampled_from(ENUM["objectRef.subresource"])},
        ),
        "responseStatus": st.fixed_dictionaries({"code": st.sampled_from([200, 201, 403, 404])}),
        "requestObject": st.fixed_dictionaries(
            {
                "a": nested(
                    st.fixed_dictionaries({"b": VALUES}, optional={"c": nested(st.fixed_dictionaries({"d": VALUES}))})
                )
            },
            optional={"e": nested(optional(VALUES))},
        ),
    },
)


def escaped(word):
    return re.sub(r"([*?\\])", r"\\\1", word)


PATTERNS = st.one_of(
    WORDS.map(escaped),
    st.sampled_from(["*", "a*", "*e", "*l*", "AL?ce", "s*:n*", "?", "x?y", "*.*", "[*]", r"a\*c"]),
)
OPTIONS = st.sampled_from([[], ["contains"], ["startswith"], ["endswith"], ["cased"], ["contains", "cased"]])
EXPRESSIONS = st.sampled_from(["^al", "e$", "[a-z]+:", r"\d", "^$", "A", "l.c", "^(ali|x)"])


def item(name, values, modifiers=()):
    return {"|".join([name, *modifiers]): values}


def items():
    free = st.sampled_from(FREE + MANY)
    some = st.lists(PATTERNS, min_size=1, max_size=3)
    return st.one_of(
        st.sampled_from(sorted(ENUM)).flatmap(
            lambda name: st.lists(st.sampled_from([*ENUM[name], ENUM[name][0].upper(), "*", "*e*"]), min_size=1).map(
                lambda values: item(name, values)
            )
        ),
        st.builds(item, free, some, OPTIONS),
        st.builds(lambda name, values, options: item(name, values, [*options, "all"]), free, some, OPTIONS),
        st.builds(item, free, st.none() | st.integers(-3, 12) | st.booleans()),
        st.builds(lambda name, there: item(name, there, ["exists"]), free, st.booleans()),
        st.builds(
            lambda name, text, flags: item(name, text, ["re", *flags]), free, EXPRESSIONS, st.sampled_from([[], ["i"]])
        ),
        st.builds(
            lambda name, number, operator: item(name, number, [operator]),
            st.sampled_from(["responseStatus.code", *MANY[:3]]),
            st.integers(0, 11) | st.just(403),
            st.sampled_from(["lt", "lte", "gt", "gte"]),
        ),
        st.builds(lambda net: item("sourceIPs", net, ["cidr"]), st.sampled_from(["10.0.0.0/8", "192.168.4.0/23"])),
    )


def merged(parts):
    return {key: value for part in parts for key, value in part.items()}


MAPPINGS = st.lists(items(), min_size=1, max_size=3).map(merged)
DETECTIONS = st.fixed_dictionaries(
    {
        "sel_a": MAPPINGS | st.lists(MAPPINGS, min_size=1, max_size=2),
        "sel_b": MAPPINGS,
        "filter": MAPPINGS,
        "condition": st.sampled_from(
            [
                "sel_a",
                "sel_a and not filter",
                "1 of sel_* and not filter",
                "all of sel_*",
                "not (sel_a or sel_b) and not filter",
                "1 of them",
                "sel_a or sel_b and filter",
            ]
        ),
    }
)


@settings(max_examples=250, deadline=None)
@given(detection=DETECTIONS, events=st.lists(EVENTS, min_size=1, max_size=6))
def test_a_detection_holds_where_a_plain_reading_of_it_holds(plain, detection, events):
    text = yaml.safe_dump(
        {"title": "t", "logsource": {"product": "kubernetes"}, "detection": detection},
        allow_unicode=True,
        sort_keys=False,
    )
    loaded = load_texts([("s.yaml", text)])
    assert loaded.results[0].errors == []
    (rule,) = loaded.rules
    matcher, evaluator = compile_conditions([rule.condition]), Evaluator(rule.condition)
    for document in events:
        (event,) = decode(msgspec.json.encode(document)).events
        expected = plain.rule_holds(document, detection)
        assert bool(matcher.match(event)) is expected, (detection, document)
        assert evaluator.holds(event) is expected


ALPHABET = ["a", "A", ".", "*", "?", r"\*", "b\u00e9"]
PARTS = ["".join(parts) for length in (1, 2) for parts in itertools.product(ALPHABET, repeat=length)] + [
    "",
    "a*.",
    "a?*",
    r"a*\*.",
    "[a]*x",
]
TEXTS = ["".join(parts) for length in (0, 1, 2) for parts in itertools.product("aA.*", repeat=length)]
TEXTS += ["xa", "ax", "xax", "x.a", "a..", "A*x", "b\u00e9", "bB\u00e9a", "ab\u00e9"]


@pytest.mark.parametrize("name", ["user.username", "requestObject.spec.containers.image"])
@pytest.mark.parametrize("options", ["", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased"])
def test_short_patterns_hold_for_the_short_texts_that_a_plain_reading_says(plain, name, options):
    detections = [{"a": {f"{name}{options}": part}, "condition": "a"} for part in PARTS]
    documents = [
        {"title": str(number), "logsource": {"product": "kubernetes"}, "detection": detection}
        for number, detection in enumerate(detections)
    ]
    loaded = load_texts([("s.yaml", yaml.safe_dump_all(documents))])
    matcher = compile_conditions([rule.condition for rule in loaded.rules])
    for text, other in zip(TEXTS, ["zz", *TEXTS], strict=False):
        document = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "a", "stage": "ResponseComplete"}
        document |= {"verb": "get", "stageTimestamp": "2026-01-02T03:04:05.000000Z", "user": {"username": text}}
        document["requestObject"] = {"spec": {"containers": [{"image": text}, {}, {"image": other}]}}
        (event,) = decode(msgspec.json.encode(document)).events
        expected = [number for number, detection in enumerate(detections) if plain.rule_holds(document, detection)]
        assert matcher.match(event) == expected
