"""The shape of a loaded rule."""

import pytest

from lanner.rules.falco.condition import parse_condition
from lanner.rules.ruleset import PRIORITIES, Rule


def test_a_rule_cannot_be_changed_and_has_falcos_defaults():
    condition = parse_condition("ka.verb = get")
    rule = Rule(name="r", description="", condition=condition, condition_text="", output="x", priority=PRIORITIES[0])
    assert (rule.source, rule.enabled, rule.tags) == ("k8s_audit", True, ())
    with pytest.raises(AttributeError):
        rule.name = "other"
