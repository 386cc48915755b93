"""`lanner rules coverage`: table, JSON, Navigator layer."""

import json

import pytest

TAGGED = """- rule: A
  desc: d
  condition: ka.verb = get
  output: x
  priority: INFO
  source: k8s_audit
  tags: [T1609]
"""


@pytest.fixture
def tagged(tmp_path):
    (tmp_path / "a.yaml").write_text(TAGGED)
    (tmp_path / "a.guidance.yaml").write_text("A: {matrix: [MS-TA9006], response: [ask]}\n")
    return tmp_path / "a.yaml"


def test_the_table_names_the_rules_and_what_none_sees(run, tagged):
    result = run("coverage", tagged)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0].startswith("MITRE ATT&CK, containers: 1 of ")
    assert "T1609 Container Administration Command 1 A" in lines
    assert "MS-TA9006 Exec into container 1 A" in lines
    assert "MS-TA9025 List Kubernetes secrets -" in lines


def test_json_has_a_line_a_technique(run, tagged):
    rows = [json.loads(line) for line in run("coverage", tagged, "--format", "json").stdout.splitlines()]
    assert [row for row in rows if row["rules"] and row["matrix"] == "attack"] == [
        {
            "matrix": "attack",
            "id": "T1609",
            "name": "Container Administration Command",
            "tactics": ["Execution"],
            "rules": ["A"],
        }
    ]


def test_a_layer_is_written(run, tagged, tmp_path):
    result = run("coverage", tagged, "--navigator", tmp_path / "layer.json")
    layer = json.loads((tmp_path / "layer.json").read_text())
    assert [each["comment"] for each in layer["techniques"] if each["score"]] == ["A"]
    assert "a layer with" in result.stderr


def test_a_layer_that_cannot_be_written_is_told(run, tagged, tmp_path):
    result = run("coverage", tagged, "--navigator", tmp_path / "gone" / "layer.json")
    assert "layer.json: No such file or directory" in str(result.exception)


def test_the_list_says_what_to_do(run, tagged):
    (row,) = (json.loads(line) for line in run("list", tagged, "--format", "json").stdout.splitlines())
    assert (row["matrix"], row["response"], row["false_positives"]) == (["MS-TA9006"], ["ask"], "")
