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
        ("condition: {gte: 10}", "condition: a and b", 10, "event_count takes a comparison such as {gte: 10}"),
        ("timespan: 5m", "timespan: 5m\n  whre: []", 10, "unknown key 'whre'; did you mean 'where'?"),
        ("rules: [Secret read]", "events: {x: done and ka.vreb = get}", 7, "nonexistent field ka.vreb"),
        ("rules: [Secret read]", "events: {x: doen}", 7, "Undefined macro 'doen'"),
        ("level: high", "level: hihg", 3, "did you mean 'high'?"),
        ("level: high", "output: '%ka.nothing'", 3, "nonexistent field ka.nothing"),
        ("{gte: 10}", "{gte: .inf}", 10, "'.inf' is no number"),
        ("{gte: 10}", "{gte: 10, field: ka.verb}", 10, "write type: value_count to count its values"),
        ("{gte: 10}", "{gte: 10, percentile: 5}", 10, "write type: value_percentile"),
        ("5m", "900y", 9, "'900y' is more than a hundred years"),
        ("event_count", "absence", 10, "absence has no condition"),
    ],
)
def test_mistakes_are_told_with_their_place_and_what_to_write(old, new, line, words):
    found, ((at, column, message),) = read(BASE.replace(old, new, 1))
    assert found == []
    assert words in message
    assert (at, column > 0) == (line, True)


TWO = BASE.replace("event_count", "temporal").replace("rules: [Secret read]", "events: {a: done, b: done, c: done}")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{gte: 10}", "a and b", "the condition does not say what 'c' is for"),
        ("{gte: 10}", "a and b and d", "'d' is not among the rules"),
        ("type: temporal", "type: temporal_ordered", ""),
        ("{gte: 10}", "{gte: 2}\n  type: temporal_ordered", "temporal_ordered wants all rules"),
        ("{gte: 10}", "a and b or c\n  type: temporal_ordered", "temporal_ordered joins rules by `and` only"),
        ("{gte: 10}", "{gte: 1, field: [ka.verb, ka.uri]}\n  type: value_sum", "looks at the numbers of one field"),
        ("{gte: 10}", "{gte: 1, field: ka.verb, percentile: 101}\n  type: value_percentile", "101 is no percentile"),
    ],
)
def test_what_a_type_has_no_use_for_is_an_error(old, new, words):
    text = TWO.replace("  type: temporal\n", "") if "type:" in new and "type:" not in old else TWO
    found, errors = read(text.replace(old, new))
    assert (found == [], bool(errors)) == (bool(words), bool(words))
    assert words in "".join(message for _, _, message in errors)


def test_a_temporal_correlation_may_say_how_many_of_its_rules_must_occur():
    """Sigma 2.0: the count of different event types."""
    found = one(TWO.replace("{gte: 10}", "{gte: 2}"))
    assert [(bound.operator, bound.number) for bound in found.bounds] == [("gte", 2)]


def test_rules_may_stand_in_the_condition_alone():
    text = BASE.replace("event_count", "temporal").replace("  rules: [Secret read]\n", "")
    falco = FALCO.replace("Secret read", "secret_read") + FALCO[FALCO.index("- rule") :].replace("Secret read", "other")
    found, errors = read(text.replace("{gte: 10}", "secret_read or other"), falco)
    assert errors == []
    assert [part.alias for part in found[0].parts] == ["secret_read", "other"]


def test_ordered_rules_may_be_joined_by_and():
    text = TWO.replace("temporal", "temporal_ordered").replace("{gte: 10}", "c and b and a")
    found = one(text)
    assert ([part.alias for part in found.parts], found.expression) == (["a", "b", "c"], None)


def test_values_of_several_fields_count_together():
    text = BASE.replace("event_count", "value_count").replace("{gte: 10}", "{gte: 10, field: [ka.verb, user.username]}")
    assert one(text).parts[0].values == (ir.Field("ka.verb"), ir.Field("ka.user.name"))


def test_a_median_is_a_percentile():
    found = one(BASE.replace("event_count", "value_median").replace("{gte: 10}", "{gte: 10, field: ka.response.code}"))
    assert (found.kind, found.percentile) == ("value_median", 50)


def test_months_and_years_are_as_long_as_those_of_pysigma():
    assert [one(BASE.replace("5m", text)).timespan // SECOND for text in ("1M", "1y")] == [2_629_746, 31_556_952]


def test_an_alias_calls_a_rule_by_any_of_its_names():
    rule = """
title: Failed
name: failed
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
logsource: {product: kubernetes, service: audit}
detection: {sel: {responseStatus.code: 403}, condition: sel}
---"""
    text = BASE.replace("rules: [Secret read]", "rules: [5638f7c0-ac70-491d-8465-2a65075e0d86]")
    text = text.replace("group-by: [ka.user.name]", "group-by: [who]\n  aliases: {who: {failed: lanner.address}}")
    assert one(rule + text).parts[0].key == (ir.Field("lanner.address"),)


@pytest.mark.parametrize(("status", "enabled"), [("deprecated", False), ("unsupported", False), ("test", True)])
def test_what_is_deprecated_does_not_run(status, enabled):
    assert one(BASE.replace("level: high", f"status: {status}")).enabled is enabled


def test_an_extended_condition_names_rules():
    text = BASE.replace("event_count", "temporal").replace("rules: [Secret read]", "events: {a: done, b: done}")
    assert one(text.replace("{gte: 10}", "a and not b")).expression == ir.And((ir.Macro("a"), ir.Not(ir.Macro("b"))))


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
    assert "'Many secrets' is what the correlation at correlation.yaml:2 is called as well" in message
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


def test_kinds_of_events_whose_doers_share_the_incident_are_named_and_must_be_there():
    assert [part.binds for part in one(BASE).parts] == [False]
    assert [part.binds for part in one(BASE + "  incident-of: Secret read\n").parts] == [True]
    assert [part.binds for part in one(BASE + "  incident-of: [Secret read]\n").parts] == [True]
    ((line, _, message),) = read(BASE + "  incident-of: Secrets read\n")[1]
    assert (line, message) == (11, "'Secrets read' is not among the rules; did you mean 'Secret read'?")
