"""Sigma's rules as lanner's: golden conditions, SigmaHQ's rules on the recorded log, and what is said of mistakes."""

import collections
from pathlib import Path

import msgspec
import pytest
import yaml
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.modifiers import modifier_mapping

from lanner.audit.decode import decode
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.falco.output import OutputFormat
from lanner.rules.loading import load_files, load_texts

GOLDEN = Path(__file__).parents[2] / "data" / "sigma" / "cases.yaml"
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
CASES = yaml.safe_load(GOLDEN.read_text())
LISTS = "- list: admins\n  items: [Alice, bob]\n- macro: m\n  condition: ka.user.name in (admins)\n"
DECISION = "whether the request was allowed says annotations.authorization.k8s.io/decision: allow or forbid"
HEAD = {"title": "t", "logsource": {"product": "kubernetes", "service": "audit"}}
FIRES = {
    "Kubernetes Admission Controller Modification": 6,
    "Kubernetes CronJob/Job Modification": 52,
    "Deployment Deleted From Kubernetes Cluster": 24,
    "Kubernetes Events Deleted": 28,
    "Creation Of Pod In System Namespace": 80,
    "Kubernetes Rolebinding Modification": 148,
    "Kubernetes Secrets Enumeration": 40,
    "Kubernetes Secrets Modified or Deleted": 30,
    "New Kubernetes Service Account Created": 152,
    "Kubernetes Unauthorized or Unauthenticated Access": 47,
}
"""How often SigmaHQ's rules fire on the recorded log, every stage counted; the others never."""


def load(text):
    loaded = load_texts([("lists.yaml", LISTS), ("sigma.yaml", text)])
    return loaded, loaded.results[1]


def written(**more):
    return yaml.safe_dump({**HEAD, **more}, sort_keys=False, allow_unicode=True)


def checked(detection, **more):
    return load(written(detection=detection, **more))


def told(findings):
    return [(found.code, found.line, found.column, found.message, found.hint) for found in findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_detection_becomes_the_condition_that_is_recorded(case):
    loaded, result = checked(case["detection"])
    assert result.errors == []
    (rule,) = loaded.rules
    assert print_condition(rule.condition) == case["prints"]


def test_what_people_read_of_a_rule_is_kept():
    text = """
title: Secrets listed
id: 11111111-2222-4333-8444-555555555555
name: secrets_listed
status: test
description: All secrets are read.
falsepositives: [Backups do it., Unknown]
level: high
tags: [attack.t1552.007, attack.credential-access]
fields: [user.username, nothing, requestObject.metadata.name, user.groups]
logsource: {product: kubernetes, service: audit, category: application}
detection: {selection: {verb: list}, condition: selection}
"""
    loaded, result = load(text)
    (rule,) = loaded.rules
    assert (result.errors, result.warnings, result.notes) == ([], [], [])
    assert (rule.name, rule.priority, rule.file, rule.line) == ("Secrets listed", "Error", "sigma.yaml", 2)
    assert rule.description == "All secrets are read. False positives: Backups do it."
    assert rule.tags == ("attack.credential-access", "attack.t1552.007")
    assert rule.output == (
        "Secrets listed (user.username=%ka.user.name "
        "requestObject.metadata.name=%jevt.value[/requestObject/metadata/name] user.groups=%ka.user.groups)"
    )
    assert rule.condition_text == "selection"


def test_a_rule_without_level_and_fields_warns_with_what_every_alert_shows():
    loaded, _ = checked({"a": {"verb": "get"}, "condition": "a"})
    assert loaded.rules[0].priority == "Warning"
    assert "%lanner.actor" in loaded.rules[0].output


def test_rules_for_other_logs_are_left_out_with_a_note():
    loaded, result = load(
        written(detection={"a": {"x": 1}, "condition": "a"}, logsource={"product": "aws", "service": "cloudtrail"})
    )
    assert (loaded.rules, result.successful) == ([], True)
    assert result.notes == ["'t' is for aws, cloudtrail, not for audit events, and is left out"]


def test_deprecated_rules_load_and_do_not_run():
    loaded, result = checked({"a": {"verb": "get"}, "condition": "a"}, status="deprecated")
    assert [rule.enabled for rule in loaded.rules] == [False]
    assert result.notes == ["'t' is deprecated and does not run"]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("detection:\n  a: {verb|contain: x}\n  condition: a", 1, 7, "Unknown modifier 'contain'"),
        (
            "detection:\n  a:\n    - verb: x\n      user|re: '('\n  condition: a",
            3,
            7,
            "Regular expression '(' is invalid",
        ),
        ("detection:\n  a: {verb: x}\n  condition: a and b", 2, 14, "Detection 'b' not defined in detections"),
        ("detection:\n  a: {verb: x}\n  condition: a and", 2, 14, "Expected"),
        ("detection:\n  a: {verb: x}\n  condition: 1 of b*", 2, 14, "doesn't match any detection"),
        ("detection:\n  a: {userAgent|re: 'a(?=b)'}\n  condition: a", 1, 7, "is invalid: invalid perl operator: (?="),
        ("detection:\n  a: {userAgent|expand: '%nobody%'}\n  condition: a", 1, 25, "no list is called 'nobody'"),
        ("detection:\n  a: {sourceIPs|cidr: 10.0.0.0/99}\n  condition: a", 1, 7, "Invalid CIDR expression"),
        ("detection:\n  a: {x|gte: 9000000000000000}\n  condition: a", 1, 7, "only numbers from"),
        (f"detection:\n  a: {{userAgent: {'x' * 300}}}\n  condition: a", 1, 18, "filter parameter too long"),
        ("detection:\n  a: {verb: {b: c}}\n  condition: a", 1, 7, "a field has a text"),
        ("level: huge\ndetection:\n  a: {verb: x}\n  condition: a", 0, 8, "'huge' is not a valid Sigma rule level"),
        ("detection:\n  a: {verb: x}\n  a: {verb: y}\n  condition: a", 2, 3, "given twice"),
        ("detection:\n  a: {verb: x}", 1, 3, "at least one condition"),
    ],
)
def test_mistakes_are_told_where_they_stand(text, line, column, message):
    head = "title: t\nlogsource: {product: kubernetes}\n"
    loaded, result = load(head + text)
    (error,) = result.errors
    assert message in error.message
    assert (error.line, error.column) == (line + 3, column)
    assert loaded.rules == []


def test_an_unknown_modifier_is_told_the_nearest():
    _, result = checked({"a": {"verb|contain": "x"}, "condition": "a"})
    assert result.errors[0].hint == "did you mean 'contains'?"


def test_what_only_people_read_keeps_no_rule_from_running():
    loaded, result = checked({"a": {"verb": "get"}, "condition": "a"}, date="yesterday", status="old")
    assert len(loaded.rules) == 1
    assert [(found.code, found.line) for found in result.warnings] == [("SIGMA_METADATA", 10), ("SIGMA_METADATA", 9)]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["verb", "requestObject.a", "x", "", "sourceIPs", "stageTimestamp"])
MODIFIERS = st.lists(st.sampled_from([*modifier_mapping, "nonsense"]), max_size=3)
ITEMS = st.dictionaries(st.tuples(NAMES, MODIFIERS).map(lambda pair: "|".join([pair[0], *pair[1]])), VALUES, max_size=3)
WHOLE = st.fixed_dictionaries(
    {
        "title": SCALARS | st.just("t"),
        "logsource": st.just({"product": "kubernetes"}) | VALUES,
        "detection": st.fixed_dictionaries({"a": ITEMS | VALUES, "condition": st.just("a") | VALUES}) | VALUES,
    },
    optional=dict.fromkeys(
        ["id", "name", "level", "status", "tags", "fields", "falsepositives", "date", "related", "output"], VALUES
    ),
)


@settings(max_examples=200, deadline=None)
@given(document=WHOLE)
def test_whatever_is_written_gives_a_rule_that_compiles_or_errors_with_places(document):
    loaded, result = load(yaml.safe_dump(document, allow_unicode=True))
    assert all(found.line > 0 and found.column > 0 and found.message for found in (*result.errors, *result.warnings))
    assert bool(loaded.rules) or result.errors or result.notes
    compile_conditions([rule.condition for rule in loaded.rules])
    for rule in loaded.rules:
        OutputFormat(rule.output)


def recorded_events():
    packed = SHARED / "audit" / "full.jsonl.zst"
    return zstandard.ZstdDecompressor().stream_reader(packed.open("rb")).read().splitlines()


@pytest.mark.skipif(not (SHARED / "sigma").is_dir(), reason="the shared test data is not here")
def test_sigmahq_rules_fire_on_the_recorded_log_as_a_plain_reading_of_them_does(plain):
    loaded = load_files([SHARED / "sigma"])
    assert loaded.successful
    documents = {}
    for path in (SHARED / "sigma").glob("*.yml"):
        document = yaml.safe_load(path.read_text())
        documents[document["title"]] = document["detection"]
    assert set(documents) == {rule.name for rule in loaded.rules}
    matcher = compile_conditions([rule.condition for rule in loaded.rules])
    ours, theirs = collections.Counter(), collections.Counter()
    for line in recorded_events():
        (event,) = decode(line).events
        ours.update(loaded.rules[number].name for number in matcher.match(event))
        whole = msgspec.json.decode(line)
        theirs.update(name for name, detection in documents.items() if plain.rule_holds(whole, detection))
    assert ours == theirs
    assert ours == FIRES


@pytest.mark.skipif(not (SHARED / "sigma").is_dir(), reason="the shared test data is not here")
def test_the_public_rules_that_no_native_event_can_match_are_named_with_what_was_meant():
    loaded = load_files([SHARED / "sigma"])
    never = {
        found.item: [other.hint for other in result.warnings if other.code != "SIGMA_NEVER"]
        for result in loaded.results
        for found in result.warnings
        if found.code == "SIGMA_NEVER"
    }
    assert never == {
        "Container With A hostPath Mount Created": ["did you mean requestObject.spec.volumes.hostPath.path?"],
        "Kubernetes Potential Enumeration Activity": [f"it is a number; {DECISION}"],
        "Privileged Container Deployed": [
            "did you mean requestObject.spec.containers.securityContext.capabilities.add?"
        ],
        "RBAC Permission Enumeration Attempt": ["did you mean objectRef.apiGroup?"],
        "Potential Sidecar Injection Into Running Deployment": ["did you mean objectRef.apiGroup?"],
    }


@pytest.mark.skipif(not (SHARED / "sigma").is_dir(), reason="the shared test data is not here")
def test_sigmahq_rules_for_clouds_are_all_left_out():
    loaded = load_files([SHARED / "sigma" / "cloud"])
    assert loaded.successful
    assert loaded.rules == []
    assert all(len(result.notes) == 1 for result in loaded.results)
