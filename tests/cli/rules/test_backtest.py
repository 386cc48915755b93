"""Trying proposed exceptions."""

from __future__ import annotations

import json

from lanner.cli.rules.backtest import Trial, without_losses
from lanner.cli.rules.baseline import Labels, Log
from lanner.rules.suggest.proposals import Proposal
from lanner.rules.suggest.sightings import USER

RULE = "- {rule: %s, desc: d, condition: ka.verb = create, output: o, priority: NOTICE, source: k8s_audit}\n"


def proposal(rule, user):
    counts = {"silenced": 1, "alerts": 1, "silenced_rest": 0, "alerts_rest": 0}
    return Proposal(rule=rule, priority="Notice", fields=(USER,), rows=((user,),), **counts)


def event(user):
    return json.dumps(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "auditID": user,
            "stage": "ResponseComplete",
            "stageTimestamp": "2026-01-02T03:04:00.000000Z",
            "verb": "create",
            "user": {"username": user},
        }
    )


def trial(tmp_path):
    (tmp_path / "r.yaml").write_text(RULE % "R" + RULE % "S")
    (tmp_path / "r.test.yaml").write_text(
        "tests:\n  - {name: t, event: {verb: create, user: {username: good}}, fires: [R, S]}\n"
        "  - {name: fails anyway, event: {verb: get}, fires: [R]}\n"
    )
    return Trial([tmp_path], [tmp_path])


def test_proposals_that_break_a_test_are_told_from_those_that_do_not(tmp_path):
    found = trial(tmp_path)
    breaking, harmless = proposal("R", "good"), proposal("S", "other")
    assert (found.tests, len(found.failing)) == (2, 1)
    assert found.harmless([breaking, harmless]) == ([harmless], [breaking])
    assert len(found.lost([breaking])) == 1


def test_a_proposal_without_which_an_attack_would_not_be_seen_is_dropped(tmp_path):
    """An attack that another rule sees as well is not lost."""
    (tmp_path / "log").write_text(event("eve") + "\n" + event("bot") + "\n")
    (tmp_path / "labels").write_text('{"auditID": "eve", "kind": "attack"}\n')
    found, log, labels = trial(tmp_path), Log([tmp_path / "log"]), Labels(tmp_path / "labels")
    one = [proposal("R", "eve")]
    kept, losing, before, after = without_losses(found, one, log, None, labels)
    assert (kept, losing, before.baseline, after.baseline) == (one, [], 4, 3)
    both = [proposal("R", "eve"), proposal("S", "eve")]
    kept, losing, _, after = without_losses(found, both, log, None, labels)
    assert (kept, losing, after.baseline) == ([], both, 4)
