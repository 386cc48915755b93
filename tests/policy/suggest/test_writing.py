"""The YAML of a suggestion says the same as the suggestion, and its comments say why."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.policy.loading import read_policy
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.suggest.lines import Line
from lanner.policy.suggest.model import Loss, Suggestion
from lanner.policy.suggest.traffic import Cost, Price
from lanner.policy.suggest.writing import WIDTH, megabytes, names, on_one_line, rule_lines, share, write_policy


def _suggestion(*lines: Line) -> Suggestion:
    return Suggestion(
        policy=Policy(
            rules=tuple(line.rule for line in lines), omit_stages=("RequestReceived",), omit_managed_fields=True
        ),
        lines=lines,
        keep="metadata",
        now=Cost(10, 1_000_000),
        price=Price(kept=Cost(5, 200_000), by_rule={0: Cost(4, 150_000), 1: Cost(1, 50_000)}),
        sights=[],
        losses=[],
        conflicts=[],
        refused=[],
        unsighted=[],
        partly=[],
    )


def test_the_policy_reads_as_it_was_meant():
    """Comments name the rules, cut sensibly, and the bytes."""
    lines = (
        Line(rule=PolicyRule(level=Level.REQUEST, verbs=("create",)), purpose="Asked.", needed_by=tuple("abcdef")),
        Line(rule=PolicyRule(level=Level.METADATA), purpose="The rest."),
        Line(rule=PolicyRule(level=Level.NONE, verbs=("get",)), purpose="Noise."),
        Line(rule=PolicyRule(level=Level.METADATA, verbs=("x",)), purpose="Never seen."),
    )
    assert write_policy(_suggestion(*lines)).splitlines() == [
        "# Suggested by lanner for 0 rules: no rule loses sight. Of the log it was made from it keeps 0.2 MB",
        "# of 1.0 MB (5 of 10 events).",
        "apiVersion: audit.k8s.io/v1",
        "kind: Policy",
        "omitStages: [RequestReceived]",
        "omitManagedFields: true",
        "rules:",
        "  # Asked. For a, b, c, d and 2 more. 0.1 MB, 75 % of what is kept.",
        "  - level: Request",
        "    verbs: [create]",
        "  # The rest. 50.0 kB, 25 % of what is kept.",
        "  - level: Metadata",
        "  # Noise.",
        "  - level: None",
        "    verbs: [get]",
        "  # Never seen. Nothing in this log.",
        "  - level: Metadata",
        "    verbs: [x]",
    ]


_texts = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85"), min_size=1
)
_lists = st.lists(st.one_of(_texts, st.sampled_from(["no", "null", "*", "*/status", "1", "system:x"])), max_size=8)
_tuples = _lists.map(tuple)
_rules = st.builds(
    PolicyRule,
    level=st.sampled_from(list(Level)),
    users=_tuples,
    user_groups=_tuples,
    verbs=_tuples,
    omit_stages=st.sampled_from([(), ("RequestReceived",)]),
    omit_managed_fields=st.sampled_from([None, True, False]),
)


@given(_rules)
def test_any_rule_reads_back(rule: PolicyRule):
    """Whatever users and groups are called; also on one line."""
    head = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
    block = read_policy(head + "\n".join(rule_lines(rule)) + "\n").policy
    line = read_policy(f"{head}- {on_one_line(rule)}\n").policy
    assert block is not None
    assert line is not None
    for key in ("level", "users", "user_groups", "verbs", "omit_stages"):
        assert getattr(block.rules[0], key) == getattr(line.rules[0], key) == getattr(rule, key)
    assert block.rules[0].omit_managed_fields is rule.omit_managed_fields


def test_resources_read_back_and_long_lists_are_folded():
    """No line is wider than it must be."""
    parts = (
        GroupResources("", tuple(f"resource{number}" for number in range(30))),
        GroupResources("apps", ("a",), ("n",)),
    )
    lines = list(rule_lines(PolicyRule(level=Level.REQUEST, resources=parts, namespaces=("kube-system",))))
    assert max(map(len, lines)) <= WIDTH
    policy = read_policy("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + "\n".join(lines) + "\n").policy
    assert policy is not None
    assert policy.rules[0].resources == parts


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (megabytes(99_999), "100.0 kB"),
        (megabytes(24_950_244), "25.0 MB"),
        (share(1, 8), "12 %"),
        (share(1, 80), "1.2 %"),
        (share(0, 0), "0 %"),
        (names(["a", "b"]), "a, b"),
    ],
)
def test_figures_for_people(shown: str, text: str):
    """Sizes and shares are short."""
    assert shown == text


def test_the_heading_says_how_many_rules_may_miss_some():
    """What was allowed is no loss of sight, and is not hidden either."""
    loss = Loss(rule="a", before="sighted", after="partly", reason="level None")
    text = write_policy(msgspec.structs.replace(_suggestion(), partly=[loss]))
    assert "as allowed, 1 of them miss some requests, the others none" in text.replace("\n# ", " ")
