"""An edit names one line of the file; applied, the file loads as the policy that the edit promises."""

from __future__ import annotations

import pytest

from lanner.policy.loading import LoadedPolicy, read_policy
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.suggest.edits import Edit, inserting, omitting_managed_fields, omitting_stage, with_level

BLOCK = """\
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: RequestResponse
    verbs: [get]
  - users: [a]
    level: "Request"   # why
  - level: Metadata
"""
FULLER = """\
kind: Policy
apiVersion: audit.k8s.io/v1
omitManagedFields: false
omitStages: [ResponseStarted]
rules:
- level: Metadata
"""
NOISE = PolicyRule(
    level=Level.NONE,
    users=("system:x",),
    verbs=("get",),
    resources=(GroupResources("", ("pods",)), GroupResources("*")),
)
PROBES = PolicyRule(level=Level.NONE, non_resource_urls=("/healthz*",), user_groups=("g",), omit_stages=("Panic",))


def _applied(loaded: LoadedPolicy, edit: Edit) -> str:
    lines = loaded.text.splitlines()
    lines[edit.line - 1 : edit.line - (edit.action == "add")] = [edit.text]
    return "\n".join(lines) + "\n"


def _parts(policy: Policy) -> tuple[object, ...]:
    return policy.omit_stages, policy.omit_managed_fields, [str(rule).partition(", place=")[0] for rule in policy.rules]


@pytest.mark.parametrize("text", [BLOCK, FULLER])
def test_the_file_with_its_line_changed_is_the_policy_that_was_promised(text: str):
    """Each kind of edit, on each rule."""
    loaded = read_policy(text)
    policy = loaded.policy
    assert policy is not None
    edits = [omitting_stage(loaded, policy, "RequestReceived"), omitting_managed_fields(loaded, policy)]
    edits += [inserting(policy, number, rule) for number in range(len(policy.rules)) for rule in (NOISE, PROBES)]
    edits += [with_level(loaded, policy, number, Level.NONE) for number in range(len(policy.rules))]
    for edit in edits:
        again = read_policy(_applied(loaded, edit))
        assert again.policy is not None, edit
        assert _parts(again.policy) == _parts(edit.policy)


def test_what_stands_beside_a_level_stays():
    """Quotes and remarks are the owner's."""
    loaded = read_policy(BLOCK)
    assert loaded.policy is not None
    edit = with_level(loaded, loaded.policy, 1, Level.METADATA)
    assert (edit.action, edit.line, edit.text) == ("change", 7, '    level: "Metadata"   # why')
