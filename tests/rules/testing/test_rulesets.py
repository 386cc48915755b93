"""Rules under test, plain and with what tests add."""

from lanner.rules.testing.files import TestFile
from lanner.rules.testing.rulesets import VARIANTS_KEPT, Subject


def test_a_disabled_rule_takes_part_where_it_is_named(rules, event):
    sleeps = rules.plain.numbers["Sleeps"]
    deletion = event(verb="delete")
    assert list(rules.plain.fire(deletion, set(), "all")) == []
    assert list(rules.plain.fire(deletion, {"Sleeps"}, "all")) == [sleeps]


def test_first_is_the_first_that_takes_part(rules, event):
    got = event(objectRef={"resource": "pods"})
    names = {rules.plain.rules[number].name for number in rules.plain.fire(got, set(), "all")}
    assert names == {"Reads", "Gets"}
    assert [rules.plain.rules[number].name for number in rules.plain.fire(got, set(), "first")] == ["Reads"]


def test_variants_are_kept_and_leave_the_plain_rules_alone(rules, tmp_path):
    path = tmp_path / "a.test.yaml"
    path.write_text("tests: []\nwith: [{list: quiet, items: [x], override: {items: append}}]")
    file = TestFile(path)
    snippet = file.root.get("with")
    variant = rules.with_snippets(file, [snippet])
    assert rules.with_snippets(file, [snippet]) is variant
    assert rules.with_snippets(file, []) is rules.plain
    assert variant.rule("Reads").condition != rules.plain.rule("Reads").condition
    assert [rule.name for rule in variant.rules] == [rule.name for rule in rules.plain.rules]


def test_variants_are_bounded(rules, tmp_path):
    path = tmp_path / "a.test.yaml"
    lists = "".join(f"- [{{list: l{number}, items: [x]}}]\n" for number in range(VARIANTS_KEPT + 1))
    path.write_text(f"tests:\n{lists}")
    file = TestFile(path)
    made = [rules.with_snippets(file, [test.node]) for test in file.tests]
    assert all(isinstance(subject, Subject) for subject in made)
    assert len(rules._variants) == 1


def test_branches_are_made_once(rules):
    assert rules.plain.branches("Gets") is rules.plain.branches("Gets")
    assert len(rules.plain.branches("Gets").leaves) == 2
