"""`lanner rules list` as a command."""

from lanner.errors import UsageError


def test_list_shows_the_built_in_rules_unless_files_are_given(run, files, rows):
    built_in = rows(run("list", "--format", "json"))
    assert len(built_in) >= 15
    (row,) = rows(run("list", files / "good.yaml", "--format", "json"))
    assert row | {"description": "d"} == {
        "name": "A",
        "priority": "Informational",
        "tags": ["t"],
        "enabled": True,
        "source": "k8s_audit",
        "file": str(files / "good.yaml"),
        "line": 1,
        "description": "d",
    }
    assert "Informational  A  [t]" in run("list", files / "good.yaml").stdout


def test_list_of_rules_that_do_not_load_names_the_errors(run, files):
    result = run("list", files / "bad.yaml")
    assert isinstance(result.exception, UsageError)
    assert "ka.vreb" in str(result.exception)


def test_list_names_the_filters_of_a_rule(run, tmp_path, rows):
    source = "logsource: {product: kubernetes}\n"
    rule = f"title: R\n{source}detection: {{a: {{verb: get}}, condition: a}}\n"
    (tmp_path / "r.yaml").write_text(
        f"{rule}---\ntitle: F\n{source}filter: {{rules: any, a: {{verb: list}}, condition: not a}}\n"
    )
    (row,) = rows(run("list", tmp_path / "r.yaml", "--format", "json"))
    assert row["filters"] == ["F"]
    assert "  filter: F\n" in run("list", tmp_path / "r.yaml").stdout
