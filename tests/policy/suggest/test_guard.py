"""Secrets and tokens stay at Metadata whatever a rule wants."""

from __future__ import annotations

import pytest

from lanner.errors import UsageError
from lanner.policy.coverage.model import Need
from lanner.policy.model import GroupResources, Level
from lanner.policy.suggest.guard import NEVER, USUALLY, guard_line, guarded, without_guarded
from lanner.policy.suggest.lines import Target


def _need(*parts: GroupResources, level: Level = Level.REQUEST) -> Need:
    return Need(rule="r", resources=parts, level=level)


SECRETS, MAPS, PODS = (GroupResources("", (name,)) for name in ("secrets", "configmaps", "pods"))


def test_config_maps_are_guarded_until_a_rule_looks_into_them():
    """Then they are logged, and the conflict is told."""
    assert guarded([]) == ((*NEVER, *USUALLY), [])
    guards, conflicts = guarded([_need(MAPS)])
    assert guards == NEVER
    assert [(conflict.resource, conflict.followed) for conflict in conflicts] == [("configmaps", True)]


def test_an_option_guards_config_maps_against_rules():
    """The conflict says that it was not followed."""
    guards, conflicts = guarded([_need(MAPS)], ["configmaps"])
    assert Target("", "configmaps") in guards
    assert [conflict.followed for conflict in conflicts] == [False]


@pytest.mark.parametrize(
    ("part", "named"),
    [
        (SECRETS, ["secrets"]),
        (GroupResources("", ("serviceaccounts/*",)), ["serviceaccounts/token"]),
        (GroupResources("authentication.k8s.io"), ["tokenreviews.authentication.k8s.io"]),
        (GroupResources("*", ("*/token",)), ["serviceaccounts/token"]),
        (GroupResources("", ("serviceaccounts",)), []),
        (PODS, []),
    ],
)
def test_a_rule_that_wants_secrets_in_clear_is_told(part: GroupResources, named: list[str]):
    """Patterns count as what they name."""
    _, conflicts = guarded([_need(part)])
    assert [conflict.resource for conflict in conflicts if not conflict.followed] == named


def test_metadata_of_secrets_is_no_conflict():
    """Who touched them is always logged."""
    assert guarded([_need(SECRETS, level=Level.METADATA)])[1] == []


def test_needs_lose_their_guarded_parts_only():
    """A need of nothing else falls away."""
    needs = [_need(SECRETS, PODS), _need(SECRETS), _need(SECRETS, level=Level.METADATA)]
    assert [need.resources for need in without_guarded(needs, NEVER)] == [(PODS,), (SECRETS,)]


def test_a_resource_is_found_by_its_own_name_or_with_its_group():
    """As kubectl names resources."""
    guards, _ = guarded([], ["deployments.apps/scale", "roles", "widgets"])
    assert {Target("apps", "deployments/scale"), Target("rbac.authorization.k8s.io", "roles")} <= set(guards)
    assert Target("", "widgets") in guards
    with pytest.raises(UsageError, match="name a resource"):
        guarded([], [""])


def test_the_guard_is_one_line_at_metadata():
    """All verbs, all users."""
    rule = guard_line(NEVER).rule
    assert (rule.level, rule.verbs, rule.users) == (Level.METADATA, (), ())
    assert [part.group for part in rule.resources] == ["", "authentication.k8s.io"]
