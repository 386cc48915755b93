"""What is said of a deviation."""

from __future__ import annotations

import pytest

from lanner.policy.model import Attributes, Level, Place, Policy, PolicyRule
from lanner.policy.watch_model import Deviation, Kind, Witness, sentence

SERVER = "the API server logs"
POLICY = Policy(rules=(PolicyRule(level=Level.REQUEST, place=Place(4, 3)),), file="p.yaml")
WITNESS = Witness.of(Attributes("dev", (), "create", "shop", "", "v1", "pods", "exec", "web"), "a", "Panic", "t", 0)


@pytest.mark.parametrize(
    ("kind", "rule", "expected", "seen", "text"),
    [
        (
            Kind.LOWER_LEVEL,
            0,
            "Request",
            "Metadata",
            f"an event came at level Metadata, rules[0] (p.yaml:4) says Request: {SERVER} less than the policy",
        ),
        (
            Kind.HIGHER_LEVEL,
            0,
            "Request",
            "RequestResponse",
            f"an event came at level RequestResponse, rules[0] (p.yaml:4) says Request: {SERVER} more than the policy",
        ),
        (
            Kind.NOT_DROPPED,
            None,
            "None",
            "Metadata",
            f"an event came at level Metadata, no rule of the policy matches it: {SERVER} more than the policy",
        ),
        (
            Kind.STAGE_KEPT,
            0,
            "no Panic",
            "stage Panic",
            "an event came with stage Panic, which rules[0] (p.yaml:4) omits",
        ),
        (
            Kind.STAGE_MISSING,
            0,
            "ResponseComplete",
            "9 events came",
            "9 events came; rules[0] (p.yaml:4) does not omit ResponseComplete",
        ),
        (Kind.GONE_SILENT, 0, "Request", "nothing of pods", "nothing of pods; rules[0] (p.yaml:4) says Request"),
    ],
    ids=str,
)
def test_a_sentence_names_what_came_the_rule_and_its_line(kind, rule, expected, seen, text):
    assert sentence(Deviation(kind, rule, expected, seen, WITNESS), POLICY) == text


def test_only_proven_loss_of_sight_is_critical():
    critical = {kind for kind in Kind if Deviation(kind, 0, "", "", WITNESS).priority == "Critical"}
    assert critical == {Kind.LOWER_LEVEL, Kind.STAGE_MISSING}


def test_evidence_in_words():
    assert WITNESS.text == "dev create pods/exec in shop"
    path = Attributes(verb="get", path="/healthz", resource_request=False)
    assert Witness.of(path, "a", "", "", 0).text == "(no user) get /healthz"
