"""Users' processing pipelines: what they change in rules, and what is said of those that are wrong."""

import re
from pathlib import Path

import pytest
import yaml

from lanner.errors import GroundError, SourceError
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.loading import load_files, load_texts

RULE = """title: Secrets
name: secrets
logsource: {product: kubernetes, service: audit}
detection:
  sel: {Resource: secrets, Who|startswith: 'system:', Verb: '%reading%'}
  condition: sel
"""
MAPPED = """name: ours
priority: 20
transformations:
- id: names
  type: field_name_mapping
  mapping: {Resource: objectRef.resource, Who: [user.username, impersonatedUser.username], Verb: verb}
"""


def load(rule, *pipelines, folder):
    paths = []
    for number, text in enumerate(pipelines):
        paths.append(folder / f"{number}.yml")
        paths[-1].write_text(text)
    return load_texts([("l.yaml", "- list: reading\n  items: [get, list]\n"), ("r.yaml", rule)], paths)


def condition(loaded):
    return print_condition(loaded.require().rules[0].condition)


def test_fields_are_mapped_before_lanner_reads_them(tmp_path):
    rule = RULE.replace("Verb:", "Verb|expand:")
    assert condition(load(rule, MAPPED, folder=tmp_path)) == (
        'ka.target.resource = "secrets" and (tolower(ka.user.name) startswith "system:" or '
        'tolower(ka.impuser.name) startswith "system:") and ka.verb in ("get", "list")'
    )


def test_pipelines_apply_in_the_order_of_their_priorities(tmp_path):
    later = "priority: 30\ntransformations:\n- {type: field_name_mapping, mapping: {x: user.username}}\n"
    sooner = "priority: 10\ntransformations:\n- {type: field_name_mapping, mapping: {Who: x}}\n"
    rule = RULE.replace("Verb: '%reading%'", "verb: get")
    assert "ka.user.name" in condition(load(rule, later, sooner, MAPPED, folder=tmp_path))


def test_conditions_vars_and_nested_transformations_work(tmp_path):
    text = """
vars: {reading: [get, watch]}
transformations:
- type: nest
  items:
  - {type: field_name_mapping, mapping: {Resource: objectRef.resource, Who: user.username, Verb: verb}}
  rule_conditions: [{type: logsource, product: kubernetes}]
- {type: value_placeholders}
- {type: add_condition, conditions: {stage: ResponseComplete}}
"""
    found = condition(load(RULE.replace("Verb:", "Verb|expand:"), text, folder=tmp_path))
    assert 'ka.verb in ("get", "watch")' in found
    assert 'ka.stage = "ResponseComplete"' in found


def test_a_log_source_may_become_that_of_audit_events_and_others_are_left_out(tmp_path):
    rule = RULE.replace("product: kubernetes, service: audit", "category: k8s").replace(
        "Verb: '%reading%'", "Verb: get"
    )
    changed = MAPPED + "- {type: change_logsource, product: kubernetes, service: audit}\n"
    assert len(load(rule, changed, folder=tmp_path).require().rules) == 1
    loaded = load(rule, MAPPED, folder=tmp_path)
    assert (loaded.successful, loaded.rules) == (True, [])
    assert "is for k8s, not for audit events" in loaded.results[1].notes[0]


@pytest.mark.parametrize(
    ("condition_", "left"),
    [("a and not b", 'ka.verb = "get"'), ("b or a", 'ka.verb = "get"'), ("a and (b or a)", 'ka.verb = "get"')],
)
def test_what_a_pipeline_drops_counts_for_nothing(condition_, left, tmp_path):
    rule = f"""title: t
logsource: {{product: kubernetes}}
detection: {{a: {{verb: get}}, b: {{Who: x}}, condition: {condition_}}}
"""
    only = "field_name_conditions: [{type: include_fields, fields: [Who]}]"
    drop = f"transformations:\n- type: drop_detection_item\n  {only}\n"
    assert set(condition(load(rule, drop, folder=tmp_path)).split(" and ")) == {left}
    nothing = load(rule.replace(condition_, "b"), drop, folder=tmp_path).results[1].errors
    assert [error.message for error in nothing] == ["nothing is left of the condition"]


def test_filters_go_through_as_well(tmp_path):
    rule = RULE.replace("Verb: '%reading%'", "Verb: get")
    text = "---\ntitle: f\nlogsource: {product: kubernetes}\nfilter: {rules: any, a: {Who: ci}, condition: not a}\n"
    found = condition(load(rule + text, MAPPED, folder=tmp_path))
    assert 'not (tolower(ka.user.name) = "ci" or tolower(ka.impuser.name) = "ci")' in found


def test_findings_about_a_renamed_field_are_at_the_name_in_the_rule(tmp_path):
    wrong = MAPPED.replace("Resource: objectRef.resource", "Resource: objectRef.resuorce")
    loaded = load(RULE.replace("Verb: '%reading%'", "verb: get"), wrong, folder=tmp_path)
    found = loaded.results[1].warnings[0]
    assert (found.code, found.line, found.column) == ("SIGMA_UNKNOWN_FIELD", 5, 19)
    assert "objectRef.resuorce" in found.message


def test_a_rule_that_a_pipeline_refuses_is_an_error_of_the_rule(tmp_path):
    text = "transformations:\n- {type: rule_failure, message: not here}\n"
    (error,) = load(RULE, text, folder=tmp_path).results[1].errors
    assert (error.line, error.message) == (5, "the pipeline refuses it: not here")


def test_a_folder_is_all_its_pipelines(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.yml").write_text(MAPPED)
    (tmp_path / "r.yaml").write_text(RULE.replace("Verb: '%reading%'", "Verb: get"))
    assert "ka.verb" in condition(load_files([tmp_path / "r.yaml"], [tmp_path / "p"]))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("transformations: [\n", 2, ""),
        ("- a\n", 1, "a pipeline is one mapping with `transformations`"),
        ("name: x\ntransfromations: []\n", 2, "unknown key 'transfromations'; did you mean 'transformations'?"),
        ("transformations:\n  type: x\n", 2, "`transformations` is a list of mappings, each with a `type`"),
        ("transformations:\n- type: field_name_maping\n", 2, "did you mean 'field_name_mapping'?"),
        ("transformations:\n- {type: set_value}\n- {type: case, method: upper}\n", 2, "set_value: "),
        ("transformations:\n- id: a\n  type: command_placeholders\n  command: [ls]\n", 3, "no command is run"),
        ("transformations:\n- type: field_name_transform\n", 2, "write a field_name_mapping"),
        ("transformations:\n- type: nest\n  items:\n  - {type: http_placeholders}\n", 4, "nothing is fetched"),
        ("name: x\npostprocessing:\n- {type: embed, prefix: a}\n", 3, "lanner has none: take it out"),
        ("finalizers:\n- {type: concat}\n", 2, "lanner has none: take it out"),
        ("name: x\nallowed_backends: [splunk]\n", 2, "it is for splunk only: add lanner to allowed_backends"),
        ("name: x\nname: y\n", 2, "name"),
        ("priority: 1\ntransformations: 7\n", 2, "`transformations` is a list"),
        ("name: x\npriority: high\n", 2, "`priority` is a whole number"),
        ("name: x\nallowed_backends: lanner\n", 2, "`allowed_backends` is a list of names"),
        ("name: x\nvars: [a]\n", 2, "`vars` is a mapping"),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_told_with_its_place(text, line, words, tmp_path):
    with pytest.raises(SourceError) as caught:
        load(RULE, text, folder=tmp_path)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "0.yml"), line)
    assert words in caught.value.message


def test_a_pipeline_that_is_not_there_is_named(tmp_path):
    with pytest.raises(GroundError, match=r"none\.yml"):
        load_texts([], [tmp_path / "none.yml"])


def test_templates_run_no_code(tmp_path):
    """A pipeline cannot name a Python file for its templates: only what is refused has templates."""
    (tmp_path / "vars.py").write_text("open('ran', 'w')")
    text = yaml.safe_dump({"finalizers": [{"type": "template", "template": "x", "vars": str(tmp_path / "vars.py")}]})
    with pytest.raises(SourceError):
        load(RULE, text, folder=tmp_path)


def test_the_pipeline_of_the_page_makes_its_rules_run(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "sigma.md").read_text()
    (text,) = re.findall(r"```yaml\n(name: ours\n.*?)```", page, re.DOTALL)
    rule = """title: t
logsource: {category: k8s_audit}
detection: {sel: {kubernetes.namespace: prod, 'client.user.name|expand': '%admins%'}, condition: sel}
"""
    assert condition(load(rule, text, folder=tmp_path)) == (
        'ka.stage = "ResponseComplete" and ka.target.namespace = "prod" and '
        '(tolower(ka.user.name) in ("alice", "bob") or tolower(ka.impuser.name) in ("alice", "bob"))'
    )
