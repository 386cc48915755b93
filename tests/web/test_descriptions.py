"""Descriptions of rules from the files that the settings name."""

from __future__ import annotations

from lanner.settings.model import RulesSettings
from lanner.web.descriptions import Descriptions

RULE = """
- rule: {name}
  desc: >
    Looks for
    {name}.
  condition: ka.verb = create
  output: seen
  priority: WARNING
  source: k8s_audit
"""


def test_a_rule_tells_what_it_looks_for(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULE.format(name="mine"))
    known = Descriptions(RulesSettings(files=(str(file),), content=False))
    assert known.of("mine") == "Looks for mine."
    assert known.of("unknown") == ""
    file.unlink()
    assert known.of("mine") == "Looks for mine."


def test_own_rules_are_known():
    known = Descriptions(RulesSettings(content=True))
    known.of("any")
    assert isinstance(known.of("any"), str)


def test_files_that_do_not_load_give_no_descriptions(tmp_path):
    assert Descriptions(RulesSettings(files=(str(tmp_path / "absent.yaml"),), content=False)).of("mine") == ""


def test_guidance_beside_the_rules_is_told_with_them(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULE.format(name="mine"))
    (tmp_path / "rules.guidance.yaml").write_text("mine: {false_positives: Backups., response: [Ask., Look.]}")
    known = Descriptions(RulesSettings(files=(str(file),), content=False))
    assert known.of("mine") == "Looks for mine. Harmless: Backups. What to do: Ask. Look."
