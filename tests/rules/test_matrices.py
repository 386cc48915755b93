"""The tables of the matrices."""

import re

from lanner.rules.matrices import ATTACK_TACTICS, KUBERNETES_TACTICS, attack, kubernetes


def test_each_technique_is_there_once_and_serves_tactics_of_its_matrix():
    for techniques, tactics, form in (
        (attack(), ATTACK_TACTICS, r"T\d{4}(\.\d{3})?"),
        (kubernetes(), KUBERNETES_TACTICS, r"MS-TA90\d\d"),
    ):
        ids = [each.id for each in techniques]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(form, id_) for id_ in ids)
        assert {tactic for each in techniques for tactic in each.tactics} == set(tactics)
        assert all(each.name for each in techniques)


def test_the_kubernetes_matrix_is_whole():
    assert [each.id[-2:] for each in kubernetes()] == [f"{number:02}" for number in range(1, 42)]
