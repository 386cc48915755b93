"""Correlation documents: what they become, and what is said of those that are wrong."""

import pytest

from lanner.rules import ir
from lanner.rules.loading import load_texts

SECOND = 1_000_000_000
FALCO = """
- macro: done
  condition: ka.stage = ResponseComplete
- rule: Secret read
  desc: d
  condition: done and ka.target.resource = secrets
  output: o
  priority: INFO
  source: k8s_audit
"""
BASE = """
title: Many secrets
level: high
tags: [attack.t1552]
correlation:
  type: event_count
  rules: [Secret read]
  group-by: [ka.user.name]
  timespan: 5m
  condition: {gte: 10}
"""


def read(text, falco=FALCO):
    loaded = load_texts([("rules.yaml", falco), ("correlation.yaml", text)])
    result = loaded.results[1]
    return loaded.correlations, [(error.line, error.column, error.message) for error in result.errors]


def one(text):
    (found,), errors = read(text)
    assert errors == []
    return found


def test_a_sigma_correlation_becomes_its_parts():
    found = one(BASE)
    (part,) = found.parts
    assert (found.name, found.priority, found.kind, found.tags) == (
        "Many secrets",
        "Error",
        "event_count",
        ("attack.t1552",),
    )
    assert (found.timespan, found.suppress, found.file, found.line) == (
        300 * SECOND,
        300 * SECOND,
        "correlation.yaml",
        2,
    )
    assert (part.alias, part.key) == ("Secret read", (ir.Field("ka.user.name"),))
    assert "secrets" in repr(part.condition)
    assert [(bound.operator, bound.number) for bound in found.bounds] == [("gte", 10)]
    assert found.output.startswith("Many secrets (actor=%lanner.actor")


def test_conditions_may_stand_in_the_document_with_macros():
    text = BASE.replace("rules: [Secret read]", "events: {read: done and ka.verb = get}")
    (part,) = one(text).parts
    assert isinstance(part.condition, ir.And)
    assert "ResponseComplete" in repr(part.condition)


def test_rules_say_the_order_of_parts():
    text = BASE.replace("rules: [Secret read]", "rules: [Secret read, get]\n  events: {get: ka.verb = get}")
    assert [part.alias for part in one(text).parts] == ["Secret read", "get"]


def test_aliases_give_one_name_to_different_fields():
    text = BASE.replace("group-by: [ka.user.name]", "group-by: [who]\n  aliases: {who: {Secret read: lanner.address}}")
    assert one(text).parts[0].key == (ir.Field("lanner.address"),)


def test_fields_of_the_native_event_are_paths():
    found = one(BASE.replace("[ka.user.name]", "[user.username, objectRef.apiGroup, requestObject.spec.nodeName]"))
    assert found.parts[0].key == (
        ir.Field("ka.user.name"),
        ir.Field("jevt.value", "/objectRef/apiGroup"),
        ir.Field("jevt.value", "/requestObject/spec/nodeName"),
    )


def test_silence_is_the_timespan_or_an_hour_or_what_is_written():
    assert one(BASE.replace("5m", "30d")).suppress == 3600 * SECOND
    assert one(BASE + "  suppress: 2d\n").suppress == 2 * 86_400 * SECOND


def test_several_documents_stand_in_one_file():
    found, errors = read(BASE + "---" + BASE.replace("Many", "Very many"))
    assert ([each.name for each in found], errors) == (["Many secrets", "Very many secrets"], [])


def test_a_wrong_document_does_not_hide_the_others():
    found, errors = read(BASE.replace("5m", "soon") + "---" + BASE.replace("Many", "Very many"))
    assert ([each.name for each in found], len(errors)) == (["Very many secrets"], 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("Secret read", "Secret reed", 7, "no rule is called 'Secret reed'; did you mean 'Secret read'?"),
        ("5m", "5 minutes", 9, "'5 minutes' is no time: write a number with s, m, h, d, w, M or y, such as 15m"),
        ("gte: 10", "atleast: 10", 10, "unknown key 'atleast'"),
        ("{gte: 10}", "{gte: many}", 10, "'many' is no number"),
        ("{gte: 10}", "{}", 10, "write a comparison: one of lt, lte, gt, gte, eq, neq"),
        ("event_count", "event_cuont", 6, "did you mean 'event_count'?"),
        ("event_count", "value_count", 10, "value_count looks at a value: say which in `field`"),
        ("ka.user.name", "ka.usr.name", 8, "'ka.usr.name' is no field"),
        ("condition: {gte: 10}", "condition: a and b", 10, "event_count needs a condition such as {gte: 10}"),
        ("timespan: 5m", "timespan: 5m\n  whre: []", 10, "unknown key 'whre'; did you mean 'where'?"),
        ("rules: [Secret read]", "events: {x: done and ka.vreb = get}", 7, "nonexistent field ka.vreb"),
        ("rules: [Secret read]", "events: {x: doen}", 7, "Undefined macro 'doen'"),
        ("level: high", "level: hihg", 3, "did you mean 'high'?"),
        ("level: high", "output: '%ka.nothing'", 3, "nonexistent field ka.nothing"),
    ],
)
def test_mistakes_are_told_with_their_place_and_what_to_write(old, new, line, words):
    found, ((at, column, message),) = read(BASE.replace(old, new, 1))
    assert found == []
    assert words in message
    assert (at, column > 0) == (line, True)


def test_an_extended_condition_names_rules():
    text = BASE.replace("event_count", "temporal").replace("rules: [Secret read]", "events: {a: done, b: done}")
    assert one(text.replace("{gte: 10}", "a and not b")).expression == ir.And((ir.Macro("a"), ir.Not(ir.Macro("b"))))
    ((_, _, message),) = read(text.replace("{gte: 10}", "a and c"))[1]
    assert "'c' is not among the rules" in message


def test_events_are_compared_with_each_other():
    text = BASE.replace("event_count", "join").replace("rules: [Secret read]", "events: {a: done, b: done}")
    text = text.replace("condition: {gte: 10}", "where: [b.lanner.address != a.lanner.address]")
    (where,) = one(text).where
    assert (where.left, where.right, where.equal) == (1, 0, False)
    assert [part.compared for part in one(text).parts] == [(ir.Field("lanner.address"),)] * 2
    ((_, _, message),) = read(text.replace("!=", "is not"))[1]
    assert "write ALIAS.FIELD != ALIAS.FIELD" in message
    ((_, _, message),) = read(text.replace("join", "temporal"))[1]
    assert "only join and temporal_ordered" in message


def test_learning_is_a_number_of_events_or_a_time():
    text = BASE.replace("event_count", "first_seen").replace(
        "condition: {gte: 10}", "field: lanner.address\n  learn: 5"
    )
    assert (one(text).learn, one(text).learn_time) == (5, 0)
    text = text.replace("learn: 5", "learn: 2h")
    assert (one(text).learn, one(text).learn_time) == (0, 7200 * SECOND)


def test_a_title_is_given_once():
    ((line, _, message),) = read(BASE + "---" + BASE)[1]
    assert "'Many secrets' is the title of correlation.yaml:2 as well" in message
    assert line > 10


def test_a_document_that_is_no_mapping_is_named():
    ((_, _, message),) = read("- correlation: x\ncorrelation: y\n")[1]
    assert message


def test_an_output_that_was_folded_over_lines_is_one_line():
    text = BASE + "output: >\n  much\n  was read\n"
    (correlation,) = load_texts([("falco.yaml", FALCO), ("many.yaml", text)]).correlations
    assert correlation.output == "much was read"


def test_a_path_that_no_event_has_binds_nothing():
    _, ((line, _, message),) = read(BASE.replace("[ka.user.name]", "[apiGroup]"))
    assert (line, message) == (8, "no audit event has the field 'apiGroup': did you mean objectRef.apiGroup?")
