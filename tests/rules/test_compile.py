"""The compiled matcher against Falco's recorded answers, the evaluator, and large rule sets."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.rules import compile as compiler
from lanner.rules import functions, ir, plan
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import ConditionError, parse_condition

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parent / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


SCOPES = [
    "ka.target.namespace = default",
    "ka.target.namespace in (kube-system, default, n{0})",
    "ka.target.namespace = n{0}",
    "ka.user.name in (minikube-user, u{0})",
    "ka.user.name = u{0}",
    "ka.user.name startswith system:",
    "ka.user.name startswith p{0}",
    "ka.user.groups intersects (system:masters, system:authenticated, g{0})",
    "ka.user.groups intersects (g{0})",
    "ka.uri contains /api/v{0}",
    "ka.uri regex .*pod[s{0}].*",
    "not ka.user.name endswith -1",
    "(ka.target.name = nginx or ka.target.name startswith a or ka.target.name startswith {0})",
    "ka.req.pod.containers.image intersects (nginx, i{0})",
]


def event_of(line: bytes):
    decoded = decode(line)
    return decoded.events[0] if decoded.events else None


def test_all_recorded_conditions_match_the_events_that_falco_matched(oracle_events, oracle_conditions):
    rows = [row for row in oracle_conditions if "matches" in row]
    matcher = compile_conditions([parse_condition(row["condition"]) for row in rows])
    found = [[] for _ in rows]
    for event in oracle_events:
        for number in matcher.match(event):
            found[number].append(event.head.audit_id)
    wrong = [row["condition"] for row, got in zip(rows, found, strict=True) if got != row["matches"]]
    assert wrong == []


def test_first_gives_the_lowest_number_of_match(oracle_events, oracle_conditions):
    rows = [row for row in oracle_conditions if "matches" in row][:150]
    matcher = compile_conditions([parse_condition(row["condition"]) for row in rows])
    for event in oracle_events:
        assert matcher.first(event) == next(iter(matcher.match(event)), None)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(strategies.conditions, min_size=1, max_size=5), st.lists(strategies.event_lines(), min_size=1, max_size=4)
)
def test_generated_code_agrees_with_the_evaluator(conditions, lines):
    matcher = compile_conditions(conditions)
    evaluators = [Evaluator(condition) for condition in conditions]
    for event in filter(None, map(event_of, lines)):
        expected = [number for number, evaluator in enumerate(evaluators) if evaluator.holds(event)]
        assert matcher.match(event) == expected
        assert matcher.first(event) == (expected[0] if expected else None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(strategies.narrowed_conditions, min_size=6, max_size=16),
    st.lists(strategies.event_lines(), min_size=1, max_size=3),
)
def test_divided_groups_agree_with_the_evaluator(conditions, lines):
    """Every group is divided as far as it can be, and asked before and after its functions are written."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in [(plan, "FLAT"), (functions, "FLAT"), (plan, "SPARES"), (plan, "BODY_SPARES")]:
            patch.setattr(module, name, 1)
        matcher = compile_conditions(conditions)
        evaluators = [Evaluator(condition) for condition in conditions]
        for event in [*filter(None, map(event_of, lines))] * (functions.PATIENCE + 2):
            expected = [number for number, evaluator in enumerate(evaluators) if evaluator.holds(event)]
            assert matcher.match(event) == expected
            assert matcher.first(event) == (expected[0] if expected else None)


def test_hundreds_of_rules_of_many_shapes_agree_with_the_evaluator(oracle_events, oracle_conditions):
    """The recorded conditions, narrowed to namespaces, users, groups, prefixes and patterns, as one large set."""
    texts = [row["condition"] for row in oracle_conditions if "matches" in row][:400]
    scopes = [SCOPES[place % len(SCOPES)].format(place % 30) for place in range(len(texts))]
    conditions = [parse_condition(f"({text}) and {scope}") for text, scope in zip(texts, scopes, strict=True)]
    matcher = compile_conditions(conditions)
    evaluators = [Evaluator(condition) for condition in conditions]
    for event in oracle_events[::4]:
        expected = [number for number, evaluator in enumerate(evaluators) if evaluator.holds(event)]
        for _ in range(functions.PATIENCE + 3):
            assert matcher.match(event) == expected
            assert matcher.first(event) == next(iter(expected), None)


def test_values_that_no_rule_names_are_one_class_and_make_nothing_grow(oracle_events):
    """A client chooses resource, subresource and verb; a flood of new ones costs neither memory nor functions."""
    matcher = compile_conditions([parse_condition("ka.target.resource = pods and ka.uri contains x")] * 3)
    event = event_of(oracle_events[0].raw)
    seen = {id(matcher._all.of(event)) for _ in range(functions.PATIENCE + 1) if matcher.match(event) is not None}
    for number in range(3 * compiler.KEYS_KEPT):
        event.head.object_ref.resource = f"made-up-{number}"
        event.head.verb = f"verb{number}"
        matcher.match(event)
        seen.add(id(matcher._all.of(event)))
    assert len(matcher._all._by_key) <= compiler.KEYS_KEPT
    assert len(matcher._all._by_class) <= 2
    assert len(seen) <= 4


def test_bodies_stay_undecoded_when_no_candidate_needs_them(oracle_events):
    matcher = compile_conditions([parse_condition("ka.verb = nope and ka.req.pod.host_network = true")])
    decoded = event_of(oracle_events[0].raw)
    matcher.match(decoded)
    assert decoded._request is msgspec.UNSET


def test_thousands_of_rules_compile_and_match(oracle_events):
    texts = [
        f"ka.verb = create and ka.target.resource = r{number} and ka.user.name != u{number}" for number in range(5000)
    ]
    matcher = compile_conditions([*map(parse_condition, texts), parse_condition("ka.verb = create")])
    assert matcher.match(oracle_events[0]) == [5000]


@pytest.mark.parametrize("depth", [2, 20, 39])
def test_deeply_nested_conditions_compile(depth, oracle_events):
    text = "ka.verb = create"
    for _ in range(depth):
        text = f"(ka.uri exists and not (ka.verb = x)) and ({text})" if depth < 21 else f"({text})"
    assert compile_conditions([parse_condition(text)]).match(oracle_events[0]) == [0]


def test_a_tree_at_the_depth_limit_compiles_and_one_beyond_is_refused(oracle_events):
    check = parse_condition("ka.verb = create")
    tree = check
    for _ in range(ir.DEPTH // 2 - 1):
        tree = ir.Not(ir.Or((tree, parse_condition("ka.user.name = nobody"))))
    assert compile_conditions([tree]).match(oracle_events[0]) in ([0], [])
    for _ in range(ir.DEPTH):
        tree = ir.Not(tree)
    with pytest.raises(ConditionError, match="nested deeper"):
        compile_conditions([tree])


def test_names_and_literals_of_the_user_are_never_code(oracle_events):
    hostile = parse_condition('ka.verb = "x\'; raise SystemExit #" or ka.uri.param["__import__(1)"] exists')
    assert compile_conditions([hostile]).match(oracle_events[0]) == []


def test_what_a_matcher_remembers_is_bounded(oracle_events, monkeypatch):
    for name in ("KEYS_KEPT", "CLASSES_KEPT", "FOLDS_KEPT", "WEIGHT_KEPT"):
        monkeypatch.setattr(compiler, name, 2)
    conditions = [
        parse_condition("ka.verb = create and ka.uri contains pods"),
        parse_condition("ka.target.resource != pods"),
    ]
    matcher = compile_conditions(conditions)
    evaluators = [Evaluator(condition) for condition in conditions]
    for event in oracle_events:
        assert matcher.match(event) == [number for number, each in enumerate(evaluators) if each.holds(event)]


def test_rules_that_name_no_verb_and_no_resource_are_ready_before_the_first_event():
    texts = ["ka.stage = ResponseComplete and ka.user.name = a", "ka.verb = get and ka.user.name = b"]
    matcher = compile_conditions(list(map(parse_condition, texts)))
    assert {candidate.number for candidate in matcher._groups._candidates.values()} == {0}


def test_an_unresolved_macro_is_refused():
    with pytest.raises(ConditionError) as caught:
        compile_conditions([parse_condition("ka.verb = get and nothing")])
    assert (caught.value.code, caught.value.offset) == ("LOAD_ERR_VALIDATE", 18)
