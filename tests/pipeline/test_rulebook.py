"""Which rules the settings name, and when they have changed."""

from __future__ import annotations

import os

import pytest

from lanner.detect.engine import Engine
from lanner.errors import UsageError
from lanner.pipeline.rulebook import load_named, load_rules, signature
from lanner.rules.falco.condition_printer import print_condition
from lanner.settings.model import RulesSettings, Selection, Target

RULE = """
- rule: {name}
  desc: d
  condition: ka.verb=get
  output: o
  priority: INFO
  source: k8s_audit
  tags: [{tag}]
"""


@pytest.fixture
def files(tmp_path):
    for name, tag in (("One", "a"), ("Two", "b")):
        (tmp_path / f"{name}.yaml").write_text(RULE.format(name=name, tag=tag))
    return tmp_path


def enabled(settings: RulesSettings) -> list[str]:
    return [rule.name for rule in load_rules(settings).rules if rule.enabled]


def test_own_content_comes_first_unless_switched_off(files):
    with_content = enabled(RulesSettings(files=(str(files),)))
    assert with_content[-2:] == ["One", "Two"]
    assert len(with_content) > 10
    assert enabled(RulesSettings(files=(str(files),), content=False)) == ["One", "Two"]


@pytest.mark.parametrize(
    ("select", "left"),
    [
        ([Selection(disable=Target(rule="*"))], []),
        ([Selection(disable=Target(rule="*")), Selection(enable=Target(tag="b"))], ["Two"]),
        ([Selection(disable=Target(tag="a"))], ["Two"]),
        ([Selection(disable=Target(rule="T*"))], ["One"]),
        ([Selection(enable=Target(rule="One")), Selection(disable=Target(rule="One"))], ["Two"]),
    ],
)
def test_later_selections_win(files, select, left):
    assert enabled(RulesSettings(files=(str(files),), content=False, select=tuple(select))) == left


def test_every_mistake_is_named_with_its_place(files):
    for name in ("bad1.yaml", "bad2.yaml"):
        (files / name).write_text("- rule: x\n  condition: (\n")
    with pytest.raises(UsageError) as caught:
        load_rules(RulesSettings(files=(str(files / "bad1.yaml"), str(files / "bad2.yaml")), content=False))
    assert "bad1.yaml:1:" in str(caught.value)


def test_the_signature_changes_with_a_file_and_is_empty_without_it(files):
    settings = RulesSettings(files=(str(files),), content=False)
    before = signature(settings)
    assert signature(settings) == before
    os.utime(files / "One.yaml", (1, 1))
    changed = signature(settings)
    assert changed != before
    (files / "Three.yaml").write_text(RULE.format(name="Three", tag="c"))
    assert signature(settings) != changed
    assert signature(RulesSettings(files=(str(files / "absent.yaml"),), content=False)) == ()


CHAIN = """
title: Upper
correlation: {type: event_count, rules: [Lower], timespan: 1m, condition: {gte: 2}}
---
title: Lower
correlation: {type: event_count, rules: [One], timespan: 1m, condition: {gte: 2}}
"""


def test_a_correlation_by_name_brings_those_that_it_looks_at(files):
    (files / "Z.yaml").write_text(CHAIN)
    settings = RulesSettings(files=(str(files),), content=False)
    rules, correlations = load_named(settings, ["Upper"])
    assert (rules, [(each.name, each.enabled) for each in correlations]) == ([], [("Upper", True), ("Lower", False)])
    assert [each.name for each in load_named(settings, ["Lower"])[1]] == ["Lower"]
    assert Engine(rules, correlations=correlations).correlations == correlations


def test_pipelines_change_sigmas_rules_and_are_watched(files):
    (files / "S.yaml").write_text(
        "title: S\nlogsource: {product: kubernetes}\ndetection: {a: {Verb: get}, condition: a}\n"
    )
    (files / "p.yml").write_text("transformations:\n- {type: field_name_mapping, mapping: {Verb: verb}}\n")
    settings = RulesSettings(files=(str(files / "S.yaml"),), content=False, pipelines=(str(files / "p.yml"),))
    assert print_condition(load_rules(settings).rules[0].condition) == 'ka.verb = "get"'
    before = signature(settings)
    os.utime(files / "p.yml", ns=(1, 1))
    assert signature(settings) != before
