"""What is told of a suggestion and of changes, line by line."""

from __future__ import annotations

import msgspec
import pytest

from lanner.cli.policy.suggest_text import change_lines, report_lines
from lanner.policy.coverage.model import Sight
from lanner.policy.model import Policy
from lanner.policy.suggest.changes import Change
from lanner.policy.suggest.guard import Conflict
from lanner.policy.suggest.model import Loss, Refused, Suggestion
from lanner.policy.suggest.replaying import Outcome
from lanner.policy.suggest.traffic import Cost, Price

PLAIN = Suggestion(
    policy=Policy(rules=()),
    lines=(),
    keep="metadata",
    now=Cost(22_507, 111_863_670),
    price=Price(kept=Cost(11_158, 14_069_723)),
    sights=[Sight(rule="a", verdict="sighted"), Sight(rule="b", verdict="sighted")],
    losses=[],
    conflicts=[],
    refused=[],
    unsighted=[],
    partly=[],
)
SAME = Outcome(events=9, alerts=5, fired=6, fired_kept=5)
LOSS = Loss(rule="b", before="sighted", after="partly", reason="line 3 drops it")
CHANGE = Change(purpose="P.", action="add", line=3, text="omit", bytes_before=1000, saved=310, losses=())


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "size: 14.1 MB of 111.9 MB (13 %), 11,158 of 22,507 events"),
        ({}, "coverage: 2 sighted of 2 rules"),
        ({"minimum": Cost(1, 7_000_000)}, "with --keep nothing, the pure minimum: 7.0 MB"),
        ({"losses": [LOSS]}, "NOT DONE: 'b' is partly, was sighted: line 3 drops it"),
        ({"partly": [LOSS]}, "as allowed: 'b' is partly, was sighted: line 3 drops it"),
        ({"unsighted": ["a"]}, "note: 'a' is not fully sighted under any policy"),
        (
            {"conflicts": [Conflict(rule="a", resource="configmaps", followed=True)]},
            "conflict: 'a' looks into bodies of configmaps: bodies are logged; --no-bodies-of forbids it",
        ),
        (
            {"refused": [Refused(purpose="Leases.", bytes=218_740, rules=("a", "b"))]},
            "not left out: Leases. It is 0.2 MB; needed by a, b",
        ),
    ],
)
def test_a_report_says(changes, line):
    """Size, proof, conflicts and what could not be left out."""
    assert line in list(report_lines(msgspec.structs.replace(PLAIN, **changes), SAME))


def test_a_replay_says_whether_the_alerts_are_the_same():
    """Fewer firings of one alert are explained, differences named."""
    assert any("same 5 alerts" in line and "1 less where" in line for line in report_lines(PLAIN, SAME))
    allowed = Outcome(events=9, alerts=5, allowed=2, fired=5, fired_kept=3)
    assert "replay: the same 3 alerts, by rule and auditID; 2 are missed by rules that may miss some" in list(
        report_lines(PLAIN, allowed)
    )
    lost = Outcome(events=9, alerts=5, fired=5, fired_kept=4, missing=[("a", "id-1")])
    lines = list(report_lines(PLAIN, lost))
    assert "replay: 1 alerts of 5 are missing, 0 are new" in lines
    assert "  differs: 'a' on id-1" in lines


def test_changes_say_effect_place_and_cost():
    """An added line goes before the one named; what blinds says whom."""
    blind = msgspec.structs.replace(CHANGE, losses=(LOSS,), action="change", saved=-20)
    guard = msgspec.structs.replace(CHANGE, security=True)
    text = "\n".join(change_lines([CHANGE, guard, blind], "p.yaml"))
    assert "-31 % (-0.3 kB)  P. No rule loses sight." in text
    assert "p.yaml:3: add before it:" in text
    assert "P. Security; no rule loses sight." in text
    assert "+2.0 % (+0.0 kB)  P. TAKES SIGHT from b." in text
    assert list(change_lines([], "p.yaml")) == ["no single line saves anything worth telling"]
