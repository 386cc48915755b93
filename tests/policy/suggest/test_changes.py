"""Single lines are told with their effect and with what they would blind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lanner.audit.event import Event
from lanner.policy.coverage.model import Need
from lanner.policy.loading import read_policy
from lanner.policy.model import GroupResources, Level
from lanner.policy.suggest.changes import Change, changes, names_of
from lanner.policy.suggest.model import Oracle
from lanner.policy.suggest.traffic import Traffic

Maker = Callable[..., Event]
Oracles = Callable[..., Oracle]

EVERYTHING = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: RequestResponse\n"
LEAN = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: Metadata
  resources: [{group: "", resources: [secrets], resourceNames: [db]}]
"""
CREATED = Need(rule="Created", verbs=("create",), resources=(GroupResources("", ("pods",)),), level=Level.REQUEST)


@pytest.fixture
def traffic(event: Maker) -> Traffic:
    """Pods are created and read, leases renewed; each in two stages."""
    log = Traffic(["db"])
    for stage in ("RequestReceived", "ResponseComplete"):
        for verb, resource in (("create", "pods"), ("list", "pods"), ("update", "leases.coordination.k8s.io")):
            log.add(event(verb, resource, stage=stage))
    return log


def _told(text: str, traffic: Traffic, oracle: Oracle) -> dict[str, Change]:
    return {change.purpose.split(":")[0]: change for change in changes(read_policy(text), oracle, traffic)}


def test_each_line_has_its_effect(traffic: Traffic, oracle_of: Oracles):
    """Saved bytes are those of this one change; the line says where it goes."""
    told = _told(EVERYTHING, traffic, oracle_of(CREATED))
    early = told["Drop the stage RequestReceived."]
    assert (early.action, early.line, early.text) == ("add", 3, "omitStages: [RequestReceived]")
    assert early.share == pytest.approx(0.5, abs=0.02)
    assert told["Leases"].text.startswith(
        "- {level: None, verbs: [get, list, watch, update, patch], resources: [{group:"
    )
    assert told["Leases"].line == 4
    assert told["Reads at Metadata"].saved > 0
    assert told["Secrets and tokens never in clear."].security


def test_the_boldest_level_that_costs_no_sight_is_told(traffic: Traffic, oracle_of: Oracles):
    """None and Metadata would blind the rule, Request does not."""
    lowered = _told(EVERYTHING, traffic, oracle_of(CREATED))["Lower rule 1 from RequestResponse."]
    assert (lowered.text, lowered.losses) == ("- level: Request", ())


def test_what_blinds_comes_last_and_says_whom(traffic: Traffic, oracle_of: Oracles):
    """Where no form spares the rule, the mildest is told with its cost."""
    whole = Need(rule="Whole", level=Level.REQUEST_RESPONSE)
    told = changes(read_policy(EVERYTHING), oracle_of(whole), traffic)
    blinding = [bool(change.losses) for change in told]
    assert blinding == sorted(blinding)
    lowered = next(change for change in told if change.purpose.startswith("Lower"))
    assert lowered.text == "- level: Request"
    assert [loss.rule for loss in lowered.losses] == ["Whole"]
    savings = [change.saved for change in told if not change.losses]
    assert savings == sorted(savings, reverse=True)


def test_what_is_done_already_is_not_told(traffic: Traffic, oracle_of: Oracles):
    """Neither is what saves nothing on this log."""
    assert _told(LEAN, traffic, oracle_of()) == {}


def test_names_that_a_policy_mentions():
    """Traffic tells them apart."""
    policy = read_policy(LEAN).policy
    assert policy is not None
    assert names_of(policy) == {"db"}


def test_a_rule_that_is_partly_sighted_must_not_lose_more(traffic: Traffic, oracle_of: Oracles):
    """The verdict stays the same, but another line blinds it: that is told, too."""
    text = EVERYTHING.replace("rules:", "rules:\n- {level: None, nonResourceURLs: ['*']}")
    told = _told(text, traffic, oracle_of(Need(rule="Any")))
    leases = told["Leases"]
    allowed = changes(read_policy(text), oracle_of(Need(rule="Any")), traffic, partly=["Any"])
    assert not next(change for change in allowed if change.purpose.startswith("Leases")).losses
    assert [(loss.rule, loss.before, loss.after) for loss in leases.losses] == [("Any", "partly", "partly")]
