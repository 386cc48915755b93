"""Policies as people write them: read, written back, refused with what to write instead."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.archive.retention.policy import Policy, Step, parse_policy
from lanner.archive.retention.presets import PRESETS
from lanner.archive.retention.rules import entries
from lanner.archive.retention.settings import DEFAULT_POLICY, RetentionRule, RetentionSettings, TierSettings
from lanner.errors import SourceError
from lanner.settings.load import load


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("30d", Policy((), 30)),
        (" 2W ", Policy((), 14)),
        ("keep", Policy((), None)),
        ("forever", Policy((), None)),
        (
            "hot 7d, warm 90d, cold 7y, then delete",
            Policy((Step("hot", 7), Step("warm", 90), Step("cold", 2562)), 2562),
        ),
        ("hot 7d,cold 12m, then keep", Policy((Step("hot", 7), Step("cold", 372)), None)),
        ("90d, then delete", Policy((), 90)),
    ],
)
def test_words_are_read(text, policy):
    """Ages count from the beginning; months and years are the longest there are."""
    assert parse_policy(text) == policy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no tier with an age"),
        ("then delete", "names no age"),
        ("hot", "is no tier with an age"),
        ("hot 0d", "is no tier with an age"),
        ("hot 7 days", "is no tier with an age"),
        ("hot 7d, 90d", "each of several ages needs a tier"),
        ("hot 90d, warm 7d", "ends no later than `hot`"),
        ("hot 7d, hot 90d", "named twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, message):
    """With an example."""
    with pytest.raises(ValueError, match=message):
        parse_policy(text)


STEPS = st.lists(
    st.tuples(st.sampled_from(["hot", "warm", "cold", "ice"]), st.integers(1, 9999)), unique_by=lambda s: s[0]
)


@given(STEPS, st.booleans())
def test_a_policy_written_is_the_policy_read(steps, deletes):
    """Both ways."""
    ages = sorted({days for _, days in steps})
    named = tuple(Step(tier, days) for (tier, _), days in zip(steps, ages, strict=False))
    policy = Policy(named, named[-1].days if named and deletes else None if named else 5)
    assert parse_policy(str(policy)) == policy


def test_the_tier_by_age():
    """The last one holds beyond its age: what is deleted next lies there."""
    policy = parse_policy("hot 7d, cold 90d")
    tiers = [policy.tier(dt.timedelta(days=days)) for days in (0, 6.9, 7, 89, 100)]
    assert tiers == ["hot", "hot", "cold", "cold", "cold"]
    assert parse_policy("90d").tier(dt.timedelta(0)) is None


def test_presets_are_policies_with_a_source():
    """Their tiers count when they are set up."""
    for name, preset in PRESETS.items():
        days = RetentionSettings(preset=name).default.days
        assert days == parse_policy(preset.policy).days
        assert days >= {"pci-dss": 365, "hipaa": 6 * 365 + 2, "soc2": 365}[name]
        assert preset.source
    cold = RetentionSettings(preset="pci-dss", tiers=(TierSettings(name="cold", location="/cold"),))
    assert [step.tier for step in cold.default.steps] == ["hot", "cold"]
    assert cold.default.steps[0].days >= 92
    assert [step.tier for step in RetentionSettings(preset="pci-dss").default.steps] == ["hot"]


def test_the_default_is_ninety_days():
    """For all events."""
    (entry,) = entries(RetentionSettings())
    assert (entry.name, entry.policy) == ("default", parse_policy(DEFAULT_POLICY))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{policy: 30d, preset: soc2}", "either policy or preset"),
        ("{policy: 'hot 7d, warm 9d'}", "tier `warm` is not among"),
        ("{rules: [{name: a, policy: 3d}]}", "give clusters, namespaces or levels"),
        ("{rules: [{name: a, levels: [Metadata], policy: 3x}]}", "is no tier with an age"),
        ("{tiers: [{name: hot, location: /x}]}", "`hot` is where the archive is"),
        ("{tiers: [{name: cold, location: x}]}", "neither a whole path nor a URL"),
        ("{preset: sox}", "preset"),
    ],
)
def test_settings_that_contradict_themselves_are_refused_with_their_place(tmp_path, text, message):
    """As all settings."""
    path = tmp_path / "lanner.yaml"
    path.write_text(f"archive:\n  retention: {text}\n")
    with pytest.raises(SourceError, match=message) as caught:
        load(path)
    assert caught.value.line == 2


def test_a_rule_may_keep_longer_or_shorter():
    """Rules stand before the default."""
    rule = RetentionRule(name="dev", namespaces=("dev-*",), policy="30d")
    assert [entry.name for entry in entries(RetentionSettings(rules=(rule,)))] == ["dev", "default"]
