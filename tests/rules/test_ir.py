"""Nodes compare by meaning."""

from __future__ import annotations

from lanner.rules import ir


def test_nodes_are_equal_wherever_they_stand():
    here, there = ir.Field("ka.verb", None, 3), ir.Field("ka.verb", None, 9)
    assert here == there
    assert not here != there  # noqa: SIM202 - the operator under test
    assert hash(here) == hash(there)


def test_nodes_of_different_kind_or_content_differ():
    assert ir.And((ir.Macro("a"),)) != ir.Or((ir.Macro("a"),))
    assert ir.Text("a") != ir.Text("b")
    assert ir.Text("a") != "a"
