"""Remarks on a policy beyond what kube-apiserver says: a file for a kind of mistake, a line here for a check."""

from __future__ import annotations

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.bodies import bulky_bodies, level_without_body, reads_with_bodies
from lanner.policy.lint.check import Check
from lanner.policy.lint.clear_secrets import secret_in_clear
from lanner.policy.lint.contradictions import duplicate_entry, empty_list, stages_of_nothing, users_not_in_groups
from lanner.policy.lint.exec_arguments import exec_arguments
from lanner.policy.lint.ignored_keys import ignored_key
from lanner.policy.lint.literals import glob_taken_literally, url_never_matches
from lanner.policy.lint.managed_fields import managed_fields_kept, managed_fields_without_bodies
from lanner.policy.lint.names import name_never_there, name_without_namespace
from lanner.policy.lint.namespaces import list_across_namespaces, namespace_of_cluster_resource, no_namespace_only
from lanner.policy.lint.noise import noise_kept
from lanner.policy.lint.resources import group_gone, twin_group, unknown_group, unknown_resource, wrong_group
from lanner.policy.lint.shadowed import shadowed_entry, unreachable_rule
from lanner.policy.lint.stages import outcome_omitted, panic_omitted, request_received_kept
from lanner.policy.lint.subject import Subject
from lanner.policy.lint.subresources import subresource_forgotten
from lanner.policy.lint.unlogged import blind_rule, no_catch_all, unlogged_user
from lanner.policy.lint.verbs import exec_by_get, unknown_verb, verb_not_served
from lanner.policy.loading import LoadedPolicy

CHECKS: tuple[Check, ...] = (
    ignored_key,
    empty_list,
    unknown_group,
    group_gone,
    wrong_group,
    unknown_resource,
    twin_group,
    unknown_verb,
    verb_not_served,
    exec_by_get,
    glob_taken_literally,
    url_never_matches,
    users_not_in_groups,
    name_never_there,
    name_without_namespace,
    namespace_of_cluster_resource,
    no_namespace_only,
    list_across_namespaces,
    subresource_forgotten,
    unreachable_rule,
    shadowed_entry,
    duplicate_entry,
    secret_in_clear,
    exec_arguments,
    no_catch_all,
    blind_rule,
    unlogged_user,
    outcome_omitted,
    panic_omitted,
    stages_of_nothing,
    request_received_kept,
    noise_kept,
    reads_with_bodies,
    bulky_bodies,
    level_without_body,
    managed_fields_kept,
    managed_fields_without_bodies,
)


def lint(loaded: LoadedPolicy) -> list[PolicyFinding]:
    """Return all findings in the order of the file; of a refused policy only those on its keys."""
    subject = Subject.of(loaded)
    if subject is None:
        return []
    checks = [one for one in CHECKS if one.raw or loaded.policy is not None]
    found = [finding for one in checks for finding in one.run(subject)]
    return sorted(found, key=lambda finding: (finding.line, finding.column))
