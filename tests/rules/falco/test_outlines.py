"""Outlines of loaded rules: names of macros, lists and exceptions, and the places of parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanner import content
from lanner.rules.falco.documents import link_files, link_texts
from lanner.rules.falco.outlines import Outlines

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
COMMON = """- list: readers
  items: [alice, "bob b"]
- list: nobody
  items: []
- macro: reads
  condition: ka.verb in (get, list)
- macro: read_by
  condition: >
    reads and
      ka.user.name in (readers)
"""
RULES = """- rule: R
  desc: d
  condition: read_by and not ka.target.name = x
  output: x
  priority: INFO
  source: k8s_audit
  exceptions:
    - name: quiet
      fields: [ka.user.name, ka.target.namespace]
      comps: [=, in]
      values: [[carol, [a, b]]]
    - name: unused
      fields: ka.verb
    - name: single
      fields: ka.target.resource
      values: [pods]
"""


def outline(*texts):
    loaded, linker = link_texts([(f"{number}.yaml", text) for number, text in enumerate(texts)])
    assert loaded.successful, loaded.results
    return Outlines(linker).of(loaded.rules[0])


def drawn(part, depth=0):
    spot = f"{part.spot.file}:{part.spot.line}:{part.spot.column}"
    yield f"{'  ' * depth}{part.kind} {part.name}{part.text} {spot}"
    for inner in part.parts:
        yield from drawn(inner, depth + 1)


def test_macros_lists_and_exceptions_go_by_their_names_and_places():
    assert (
        "\n".join(drawn(outline(COMMON, RULES)))
        == """\
and  0.yaml:7:3
  and  0.yaml:7:3
    macro read_by 0.yaml:7:3
      and  0.yaml:5:3
        macro reads 0.yaml:5:3
          check ka.verb in (get, list) 0.yaml:6:14
        check ka.user.name in (readers) 0.yaml:10:7
    not  1.yaml:3:30
      check ka.target.name = x 1.yaml:3:30
  not  1.yaml:8:7
    exception quiet 1.yaml:8:7
      and  1.yaml:8:7
        check ka.user.name = carol 1.yaml:8:7
        check ka.target.namespace in (a, b) 1.yaml:8:7
  not  1.yaml:14:7
    exception single 1.yaml:14:7
      check ka.target.resource in (pods) 1.yaml:14:7"""
    )


def test_exceptions_that_break_out_of_their_parentheses_are_drawn_without_their_names():
    drawing = list(drawn(outline(COMMON, RULES.replace("[pods]", "['x))or((ka.verb=get']"))))
    assert drawing[0].startswith("or ")
    assert not any("exception" in line for line in drawing)


def test_a_rule_without_values_of_its_exceptions_is_drawn_whole():
    (first, *_) = drawn(outline(COMMON, RULES.partition("    - name: quiet")[0] + "    - {name: u, fields: ka.verb}\n"))
    assert first.startswith("and  0.yaml:7:3")


def test_appended_parts_are_placed_in_their_own_file():
    appended = "- rule: R\n  condition: and ka.uri exists\n  override: {condition: append}\n"
    assert any("ka.uri exists 2.yaml:2:18" in line for line in drawn(outline(COMMON, RULES, appended)))


@pytest.mark.parametrize("path", [content.FOLDER, SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"])
def test_every_rule_is_drawn_with_names_and_means_what_it_loads_as(path):
    if not path.exists():
        pytest.skip("Falco's rules are not beside the checkout")
    loaded, linker = link_files([path])
    outlines = Outlines(linker)
    for rule in loaded.rules:
        found = outlines.of(rule)
        assert found.condition == rule.condition
        assert found.spot.line, f"{rule.name} is drawn without places"
