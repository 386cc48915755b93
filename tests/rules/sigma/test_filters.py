"""Filters: which rules they are for, what becomes of their conditions, and what is said of those that are wrong."""

import copy

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from lanner.audit.decode import decode
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.loading import load_texts

SOURCE = {"product": "kubernetes", "service": "audit"}
ID = "5638f7c0-ac70-491d-8465-2a65075e0d86"
RULE = {
    "title": "Secrets",
    "name": "secrets",
    "id": ID,
    "logsource": SOURCE,
    "detection": {"a": {"objectRef.resource": "secrets"}, "b": {"verb": "list"}, "condition": ["a", "b"]},
}
FILTER = {
    "title": "Not us",
    "logsource": SOURCE,
    "filter": {"rules": ["secrets"], "us": {"user.username": "ci"}, "condition": "not us"},
}


def text(*documents):
    return yaml.safe_dump_all(documents, sort_keys=False)


def load(*documents):
    return load_texts([("f.yaml", text(*documents))])


def filter_(rules=("secrets",), source=None, **more):
    body = {
        "rules": rules if isinstance(rules, str) else list(rules),
        "us": {"user.username": "ci"},
        "condition": "not us",
    }
    return {"title": "Not us", "logsource": source or SOURCE, "filter": body | more}


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("rules", ["any", "Any", [], "secrets", ["secrets"], [ID], ["other", "Secrets"]])
def test_a_filter_is_put_into_the_rules_that_it_names(rules, turn):
    loaded = load(*[RULE, filter_(rules)][::turn])
    assert loaded.successful
    (rule,) = loaded.rules
    assert rule.filters == ("Not us",)
    assert print_condition(rule.condition) == (
        '(ka.target.resource = "secrets" or ka.verb = "list") and not tolower(ka.user.name) = "ci"'
    )


@pytest.mark.parametrize(
    ("rules", "source"),
    [
        ("other", None),
        ("any", {"product": "windows"}),
        ("any", {"product": "kubernetes", "service": "audit", "category": "x"}),
    ],
)
def test_other_rules_and_rules_of_other_logs_are_left_alone(rules, source):
    assert load(RULE, filter_(rules, source)).rules[0].filters == ()


def test_a_filter_of_a_wider_log_source_is_for_the_rules_of_a_narrower_one():
    assert load(RULE, filter_("any", {"product": "kubernetes"})).rules[0].filters == ("Not us",)
    narrow = load({**RULE, "logsource": {"product": "kubernetes"}}, filter_("any"))
    assert narrow.rules[0].filters == ()


def test_several_filters_hold_together_and_correlations_look_at_what_is_left():
    counted = {
        "title": "Many",
        "correlation": {"type": "event_count", "rules": ["secrets"], "timespan": "1m", "condition": {"gte": 2}},
    }
    other = filter_("any", us={"verb": "watch"}) | {"title": "Nor that"}
    loaded = load(RULE, filter_(), other, counted)
    assert loaded.rules[0].filters == ("Not us", "Nor that")
    assert loaded.correlations[0].parts[0].condition == loaded.rules[0].condition


@pytest.mark.parametrize(
    ("filter_", "line", "message"),
    [
        ({**FILTER, "filter": [1]}, 6, "a filter has `rules`, selections and a `condition`"),
        (filter_(condition=["a", "b"]), 11, "a filter has one condition, a text"),
        (filter_(rules=[{"a": 1}]), 7, "`rules` names the rules that are filtered, by name or id, or is `any`"),
        (filter_(condition="not we"), 10, "Detection 'we' not defined in detections"),
        (filter_(us={"verb|contans": "x"}), 9, "Unknown modifier 'contans'"),
        (filter_(us={"verb": {"a": "x"}}), 9, "a field has a text, a number, true, false, null or a list of them"),
    ],
)
def test_what_is_wrong_with_a_filter_is_told_with_its_place(filter_, line, message):
    loaded = load(filter_, RULE)
    found = [(error.line, error.message) for error in loaded.results[0].errors]
    assert [(at, message in words) for at, words in found] == [(line, True)], found
    assert loaded.rules[0].filters == ()


def test_a_filter_without_rules_is_a_mistake():
    wrong = copy.deepcopy(FILTER)
    del wrong["filter"]["rules"]
    assert "`rules` names the rules" in load(wrong).results[0].errors[0].message


def test_doubts_about_a_filter_are_told():
    """No such field, no such rule, and a condition that keeps what it seems to leave out."""
    wrong = filter_(["secrets", "secretz"], us={"user.nmae": "ci"}, condition="us")
    assert [(found.code, found.line) for found in load(RULE, wrong).results[0].warnings] == [
        ("SIGMA_UNKNOWN_FIELD", 25),
        ("SIGMA_NEVER", 16),
        ("SIGMA_FILTER_KEEPS", 26),
        ("SIGMA_FILTER_RULE", 26),
    ]


EVENTS = [
    decode(
        f'{{"kind":"Event","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"{user}"}},'
        f'"objectRef":{{"resource":"{resource}"}},"stageTimestamp":"2026-01-01T00:00:00Z"}}'.encode()
    ).events[0]
    for verb in ("get", "list")
    for user in ("ci", "bob")
    for resource in ("secrets", "pods")
]
SELECTION = st.sampled_from([{"verb": "get"}, {"user.username": "ci"}, {"objectRef.resource": ["pods", "x"]}])
CONDITION = st.sampled_from(["not sel_a", "sel_a or not sel_b", "not 1 of sel_*", "not all of them", "sel_a and sel_b"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(SELECTION, SELECTION, CONDITION, st.sampled_from(["any", ["secrets"], ["no"]])), max_size=3))
def test_filtered_rules_match_what_pysigmas_filtered_rules_match(parts):
    documents = [RULE] + [
        filter_(rules, sel_a=a, sel_b=b, condition=condition) | {"title": f"f{number}"}
        for number, (a, b, condition, rules) in enumerate(parts)
    ]
    for document in documents[1:]:
        del document["filter"]["us"]
    (theirs,) = SigmaCollection.from_dicts(copy.deepcopy(documents)).rules
    written = yaml.safe_dump(
        {**RULE, "detection": {**theirs.detection.to_dict(), "condition": theirs.detection.condition}}
    )
    (plain,) = load_texts([("r.yaml", written)]).require().rules
    (ours,) = load(*documents).rules
    one, other = Evaluator(ours.condition), Evaluator(plain.condition)
    assert [one.holds(event) for event in EVENTS] == [other.holds(event) for event in EVENTS]
