"""A policy stays short: what differs least becomes one line, and nothing is logged less."""

from __future__ import annotations

from lanner.policy.model import GroupResources, Level, PolicyRule
from lanner.policy.suggest.lines import Line
from lanner.policy.suggest.merging import joined, merged, shortened


def _line(name: str, *resources: GroupResources, level: Level = Level.METADATA, **parts: object) -> Line:
    rule = PolicyRule(level=level, resources=resources, **parts)  # type: ignore[arg-type]  # given by name
    return Line(rule=rule, purpose="p", needed_by=(name,))


PODS, SETS = GroupResources("", ("pods",)), GroupResources("apps", ("daemonsets",))


def test_lines_that_differ_least_are_merged_first():
    """The pair whose verbs are nearest goes together."""
    lines = [
        _line("a", PODS, verbs=("create",)),
        _line("b", SETS, verbs=("get", "list", "watch")),
        _line("c", SETS, verbs=("create", "delete")),
    ]
    first, second = shortened(lines, 2)
    assert first.rule.verbs == ("create", "delete")
    assert first.needed_by == ("a", "c")
    assert second is lines[1]


def test_lines_of_several_levels_and_of_urls_stay():
    """There is no line that could say both."""
    lines = [_line("a", PODS), _line("b", PODS, level=Level.REQUEST), _line("c", non_resource_urls=("/x",))]
    assert shortened(lines, 1) == lines


def test_a_merged_line_is_as_wide_as_both():
    """Other scopes, every verb and kept managedFields win."""
    line = merged(
        _line("a", PODS, verbs=("get",), namespaces=("x",), omit_managed_fields=False), _line("b", GroupResources(""))
    )
    assert (line.rule.verbs, line.rule.namespaces, line.rule.omit_managed_fields) == ((), (), False)
    assert line.rule.resources == (GroupResources(""),)


def test_a_scope_that_both_have_stays():
    """Lines of one namespace remain its."""
    line = merged(_line("a", PODS, namespaces=("x",)), _line("b", SETS, namespaces=("x",)))
    assert line.rule.namespaces == ("x",)


def test_lines_that_differ_in_users_only_are_one():
    """A line for everybody, or with other verbs, stays by itself."""
    lines = [
        _line("", PODS, users=("a",)),
        _line("", SETS, users=("a",)),
        _line("", PODS),
        _line("", PODS, users=("b", "a")),
        _line("", PODS, users=("b",), verbs=("get",)),
    ]
    assert [(line.rule.users, line.rule.verbs) for line in joined(lines)] == [
        (("a", "b"), ()),
        (("a",), ()),
        ((), ()),
        (("b",), ("get",)),
    ]
