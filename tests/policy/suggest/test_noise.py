"""Noise is offered for the users that a log has, wide forms first."""

from __future__ import annotations

from lanner.policy.model import Level
from lanner.policy.suggest import noise
from lanner.policy.suggest.noise import noises

CONTROLLER = "system:serviceaccount:kube-system:job-controller"


def _purposes(*users: str, everything: bool = False) -> str:
    return " ".join(one.purpose for one in noises(users, everything=everything))


def test_the_control_plane_is_offered_where_the_log_has_it():
    """Components by name, controllers by their group, else by name."""
    assert "control plane" not in _purposes("alice@example.com", "system:anonymous")
    assert "components" in _purposes("system:kube-scheduler")
    found = [one for one in noises([CONTROLLER]) if "controllers" in one.purpose]
    assert [[(form.users, form.user_groups) for form in one.forms] for one in found] == [
        [((), ("system:serviceaccounts:kube-system",)), ((CONTROLLER,), ())]
    ] * 2


def test_the_minimum_drops_all_that_the_control_plane_does():
    """One line for each kind of actor."""
    (found,) = [one for one in noises([CONTROLLER], everything=True) if "control plane" in one.purpose]
    assert (found.forms[0].verbs, found.forms[0].level) == ((), Level.NONE)


def test_lists_of_users_stay_readable(monkeypatch):
    """Too many controllers are offered as a group only."""
    monkeypatch.setattr(noise, "MOST_USERS", 1)
    found = [one for one in noises([CONTROLLER, CONTROLLER + "2"]) if "controllers" in one.purpose]
    assert all(len(one.forms) == 1 for one in found)


def test_nobody_but_system_users_is_ever_named():
    """What people do is no noise, whoever they are."""
    for one in noises(["alice@example.com", "system:anonymous", CONTROLLER, "system:apiserver"]):
        for form in one.forms:
            assert all(user.startswith("system:") and user != "system:anonymous" for user in form.users)
