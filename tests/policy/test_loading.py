"""Policies load, load with a warning or are refused as kube-apiserver 1.36.3 has it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.config.yamltext import Mapping
from lanner.errors import GroundError
from lanner.policy.attributes import of_json
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.decoding import yaml_text
from lanner.policy.evaluate import decide
from lanner.policy.loading import LENIENT, load_policy, read_policy
from lanner.policy.model import GroupResources, Level, Place

ORACLE = Path(__file__).parents[2].parent / "shared" / "data" / "policy_oracle"
GOLDEN = Path(__file__).parents[1] / "data" / "policy" / "decoded.jsonl"
HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
WHOLE = (
    HEAD
    + """omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: Request
    users: [a]
    userGroups: [b]
    verbs: [create]
    resources:
      - group: apps
        resources: [deployments, deployments/*]
        resourceNames: [web]
      -
    namespaces: [c, null]
    omitStages: [Panic]
    omitManagedFields: false
  - level: None
    nonResourceURLs: [/healthz*]
"""
)


def rows(path):
    with path.open() as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("case", rows(GOLDEN), ids=lambda case: case["text"][-30:].encode("unicode_escape").decode())
def test_what_kube_apiserver_says_of_mutated_policies(case):
    """tests/data/policy/decoded.jsonl holds what k8s.io/apiserver 0.36.3 answered."""
    loaded = read_policy(case["text"])
    assert (loaded.refusal, loaded.warning) == (case["error"], case["warning"])
    assert (loaded.policy is None) == bool(case["error"])
    assert bool(loaded.errors) == bool(case["error"])
    assert bool(loaded.warnings) == bool(case["warning"])
    assert all(found.severity == "error" and found.message for found in loaded.errors)


@pytest.mark.shared
def test_every_recorded_answer_of_kube_apiserver():
    """Errors and warnings in its words, and each of the 320 decisions; its order of stages is one of chance."""
    if not ORACLE.exists():
        pytest.skip("no recorded answers beside the checkout")
    requests = [of_json(row) for row in rows(ORACLE / "attributes.jsonl")]
    decisions = 0
    for answer in rows(ORACLE / "results.jsonl"):
        loaded = load_policy(ORACLE / "policies" / answer["policy"])
        said = answer.get("warning", "").partition("\nW")[0]  # klog's own line of the same words follows
        assert (loaded.refusal, loaded.warning) == (answer.get("error", ""), said), answer["policy"]
        assert (loaded.policy is None) == ("error" in answer)
        index = CompiledPolicy(loaded.policy) if loaded.policy else None
        for request, wanted in zip(requests, answer.get("results", ()), strict=loaded.policy is not None):
            got = decide(loaded.policy, request)
            assert index.decide(request) == got
            words = [got.level.text, *(f"-{stage}" for stage in got.omit_stages)]
            words += ["omitManagedFields"] if got.omit_managed_fields else []
            assert sorted(words) == sorted(wanted.split())
            decisions += 1
    assert decisions > 20_000


def test_every_part_of_a_rule_is_read_with_its_place():
    loaded = read_policy(WHOLE, "p.yaml")
    first, second = loaded.policy.rules
    assert loaded.policy.omit_stages == ("RequestReceived",)
    assert loaded.policy.omit_managed_fields
    assert loaded.policy.file == "p.yaml"
    assert (first.users, first.user_groups, first.verbs, first.namespaces) == (("a",), ("b",), ("create",), ("c", ""))
    assert first.resources == (
        GroupResources("apps", ("deployments", "deployments/*"), ("web",)),
        GroupResources(),
    )
    assert (first.level, first.omit_stages, first.omit_managed_fields) == (Level.REQUEST, ("Panic",), False)
    assert (second.level, second.non_resource_urls, second.omit_managed_fields) == (Level.NONE, ("/healthz*",), None)
    assert (first.place, second.place) == (Place(6, 5), Place(18, 5))
    assert isinstance(loaded.root, Mapping)


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    [
        (HEAD + "rules:\n- level: metadata\n", (4, 3), "write level: Metadata"),
        (HEAD + "rules:\n- levle: None\n", (4, 3), "level: write one of None, Metadata, Request, RequestResponse"),
        (HEAD + "rules: []\n", (3, 1), "add rules: kube-apiserver does not start with none; - level: Metadata"),
        (HEAD + "rules:\n- level: None\n  verbs: get\n", (5, 10), "write a list"),
        (HEAD + "rules:\n- level: None\n  omitStages: [panic]\n", (5, 16), "write Panic"),
        ("kind: Policy\nrules:\n- level: None\n", (1, 1), "begin the file with apiVersion: audit.k8s.io/v1"),
        ("a: [", (2, 1), ""),
    ],
)
def test_an_error_has_its_place_and_a_fix(text, place, fix):
    (error,) = read_policy(text).errors
    assert (error.line, error.column) == place
    assert error.fix.startswith(fix)


def test_each_unknown_key_is_a_warning_of_its_own_with_place_and_rule():
    loaded = read_policy(HEAD + "x: 1\nrules:\n- level: None\n- level: None\n  verb: [get]\n")
    assert [(found.check, found.rule, found.line, found.column) for found in loaded.warnings] == [
        ("unknown-key", 1, 7, 3),
        ("unknown-key", None, 3, 1),
    ]
    assert loaded.warnings[0].message == LENIENT + 'unknown field "rules[1].verb"'
    assert loaded.warnings[0].fix == "write verbs"
    assert loaded.warning == LENIENT + 'unknown field "rules[1].verb", unknown field "x"'


def test_several_errors_are_findings_of_their_own_and_one_refusal():
    loaded = read_policy(HEAD + "rules:\n- level: x\n- level: ''\n")
    assert [found.rule for found in loaded.errors] == [0, 1]
    assert loaded.refusal == f"[{loaded.errors[0].message}, {loaded.errors[1].message}]"


def test_json_keeps_duplicates_and_the_last_wins():
    loaded = read_policy(
        '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"None","level":"Metadata"}]}'
    )
    assert loaded.warning == LENIENT + 'duplicate field "rules[0].level"'
    assert loaded.policy.rules[0].level is Level.METADATA


@pytest.mark.parametrize(
    "text",
    ["[" * 300, '{"a":' * 300 + "1" + "}" * 300, "&a [" + "[" * 240, "x" * (16 * 1024 * 1024 + 1)],
    ids=["yaml", "json", "anchored", "long"],
)
def test_what_is_too_deep_or_too_large_is_refused_with_a_finding(text):
    loaded = read_policy(text)
    assert loaded.policy is None
    assert [found.check for found in loaded.errors] == ["too-large"]


def test_aliases_that_multiply_are_bounded(monkeypatch):
    monkeypatch.setattr(yaml_text, "MAX_NODES", 100_000)
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    loaded = read_policy(HEAD + "a0: &a0 [x]\n" + levels)
    assert [found.check for found in loaded.errors] == ["too-large"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GroundError, match=r"nowhere\.yaml"):
        load_policy(tmp_path / "nowhere.yaml")


@given(st.text(alphabet=st.sampled_from(list("a:-[]{},&*!|>'\"#%@`? \n\t<.~0e")), max_size=40) | st.binary(max_size=40))
def test_no_text_is_too_odd_to_be_judged(text):
    loaded = read_policy(text)
    assert (loaded.policy is None) == bool(loaded.errors)
