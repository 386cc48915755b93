"""What a changed policy takes away."""

from __future__ import annotations

from lanner.policy.loading import read_policy
from lanner.policy.watch_change import lowered, same

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"


def policy(rules: str):
    loaded = read_policy(HEAD + rules).policy
    assert loaded is not None
    return loaded


ALL = policy("- level: RequestResponse\n")


def test_requests_that_are_logged_at_a_lower_level_are_named():
    changed = policy("- {level: None, resources: [{group: '', resources: [secrets]}]}\n- level: RequestResponse\n")
    assert [(one.what, one.was, one.now) for one in lowered(ALL, changed)] == [
        ("reading a secret", "RequestResponse", "None"),
        ("listing all secrets", "RequestResponse", "None"),
    ]
    assert lowered(changed, ALL) == []


def test_places_and_comments_make_no_other_policy():
    assert same(ALL, policy("# all of it\n\n- level: RequestResponse\n"))
    assert not same(ALL, policy("- level: Metadata\n"))
    assert not same(ALL, policy("- level: RequestResponse\n  omitStages: [Panic]\n"))
