"""Correlations of correlations: any order of documents, names, circles, depth, and what does not alert by itself."""

import pytest

from lanner.rules import ir
from lanner.rules.correlation.chains import DEEPEST
from lanner.rules.correlation.model import Link
from lanner.rules.loading import load_texts

RULE = """
title: Failed
name: failed
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
logsource: {product: kubernetes, service: audit}
detection:
  sel: {responseStatus.code: 403}
  condition: sel
"""
COUNT = """
title: Many failed
name: many_failed
id: a8418a5a-5fc4-46b5-b23b-6c73beb19d41
correlation: {type: event_count, rules: [failed], group-by: [user.username], timespan: 10m, condition: {gte: 10}}
"""
UPPER = """
title: Then it worked
correlation:
  type: temporal_ordered
  rules: [many_failed, worked]
  events: {worked: ka.response.code = 200}
  group-by: [ka.user.name]
  timespan: 10m
"""


def load(*documents):
    return load_texts([("c.yaml", "---".join(documents))])


def read(*documents):
    loaded = load(*documents)
    assert loaded.successful, loaded.results
    return {each.name: each for each in loaded.correlations}


def errors(*documents):
    return [(error.line, error.message) for error in load(*documents).results[0].errors]


def count(name, of, **more):
    body = {"type": "event_count", "rules": [of], "timespan": "1m", "condition": {"gte": 1}} | more
    return f"\ntitle: {name}\ncorrelation: {body}\n"


@pytest.mark.parametrize("name", ["many_failed", "Many failed", "a8418a5a-5fc4-46b5-b23b-6c73beb19d41"])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_correlation_looks_at_another_by_each_of_its_names_wherever_it_stands(name, turn):
    found = read(*[RULE, COUNT, UPPER.replace("many_failed", name)][::turn])
    link, part = found["Then it worked"].parts
    assert link == Link(alias=name, name="Many failed", key=(0,))  # user.username is ka.user.name
    assert part.key == (ir.Field("ka.user.name"),)


def test_what_the_key_of_the_lower_one_lacks_is_read_from_the_event_that_it_is_told_of():
    (link, _) = read(RULE, COUNT, UPPER.replace("ka.user.name", "ka.target.namespace"))["Then it worked"].parts
    assert link.key == (ir.Field("ka.target.namespace"),)


def test_an_alias_of_the_lower_one_is_a_name_for_the_upper_one():
    lower = COUNT.replace("group-by: [user.username]", "group-by: [who], aliases: {who: {failed: lanner.address}}")
    upper = UPPER.replace(
        "group-by: [ka.user.name]", "group-by: [who]\n  aliases: {who: {many_failed: who, worked: lanner.address}}"
    )
    assert read(RULE, lower, upper)["Then it worked"].parts[0].key == (0,)


def test_what_others_look_at_alerts_by_itself_with_generate_only():
    found = read(RULE, COUNT, UPPER)
    assert (found["Many failed"].enabled, found["Then it worked"].enabled) == (False, True)
    found = read(RULE, COUNT, UPPER.replace("correlation:", "correlation:\n  generate: true"))
    assert found["Many failed"].enabled
    assert "'Many failed' alerts through correlations only" in load(RULE, COUNT, UPPER).results[0].notes[-1]


def test_a_correlation_that_is_off_silences_nothing():
    loaded = load(RULE, COUNT, UPPER.replace("Then it worked", "Then it worked\nstatus: deprecated"))
    assert [each.enabled for each in loaded.correlations] == [True, False]


@pytest.mark.parametrize(
    ("documents", "line", "circle"),
    [
        ([count("A", "A")], 3, "A -> A"),
        ([count("A", "B"), count("B", "A")], 6, "A -> B -> A"),
        ([count("A", "B"), count("B", "C"), count("C", "B")], 9, "B -> C -> B"),
    ],
)
def test_a_circle_is_an_error_at_the_rules_that_close_it(documents, line, circle):
    found = errors(*documents)
    assert (line, f"it looks at itself: {circle}") in found
    assert len(found) == len(documents)
    assert all("did not load" in message or "looks at itself" in message for _, message in found)
    assert load(*documents).correlations == []


def test_levels_are_bounded():
    levels = [count(f"L{n}", f"L{n - 1}" if n else "failed") for n in range(DEEPEST + 1)]
    assert len(read(RULE, *levels[:DEEPEST])) == DEEPEST
    assert (
        errors(RULE, *levels[::-1])[0][1]
        == f"it is level {DEEPEST + 1} of correlations of correlations; 8 are the most"
    )


def test_one_that_looks_at_a_wrong_one_says_so():
    found = errors(RULE, COUNT.replace("gte", "gt_"), UPPER)
    assert [message for _, message in found] == [
        "unknown key 'gt_'; did you mean 'gt'?",
        "'Many failed' (c.yaml:10), which it looks at, did not load",
    ]


def test_those_of_other_logs_are_left_out_all_the_way_up():
    loaded = load(RULE.replace("kubernetes", "windows"), COUNT, UPPER)
    assert loaded.successful
    assert loaded.correlations == []
    assert len(loaded.results[0].notes) == 3


def test_names_are_given_once():
    assert (
        "'Failed' is what the rule at c.yaml:2 is called as well"
        in errors(RULE, COUNT.replace("Many failed", "Failed"))[0][1]
    )
    assert (
        "is what the correlation at c.yaml:10 is called as well"
        in errors(RULE, COUNT, count("many_failed", "failed"))[0][1]
    )
