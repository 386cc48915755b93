"""`lanner rules convert` prints one statement a rule and names what it does not say."""

import json

import pytest
import sqlglot
import typer
from typer.testing import CliRunner

from lanner.cli.rules.convert import convert
from lanner.errors import UsageError

RULES = """
- rule: Plain
  desc: d
  condition: ka.verb = get
  output: o
  priority: INFO
  source: k8s_audit
- rule: Listed images
  desc: d
  condition: ka.verb = create and ka.req.pod.containers.image intersects (a)
  output: o
  priority: INFO
  source: k8s_audit
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    app = typer.Typer()
    app.command()(convert)

    def invoke(*options):
        result = CliRunner().invoke(app, ["--rules", str(tmp_path / "rules.yaml"), *options])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return invoke


@pytest.mark.parametrize(
    ("engine", "table"), [("duckdb", "events"), ("spark", "lanner.events"), ("trino", "lanner.events")]
)
def test_statements_parse_in_their_dialect(run, engine, table):
    """One a rule, over the archive's table."""
    statements = [json.loads(line) for line in run("--to", engine, "--format", "json").splitlines()]
    assert [row["rule"] for row in statements] == ["Plain", "Listed images"]
    for row in statements:
        parsed = sqlglot.parse_one(row["sql"], dialect=engine)
        assert parsed.find(sqlglot.exp.Table).sql() == table


def test_what_is_not_said_is_named(run):
    """In JSON as a key, in text as a remark."""
    plain, listed = (json.loads(line) for line in run("--format", "json").splitlines())
    assert (plain["exact"], plain["refused"]) == (True, [])
    assert (listed["exact"], listed["refused"]) == (False, ["ka.req.pod.containers.image: a list in a body"])
    assert "-- not said here: ka.req.pod.containers.image: a list in a body\n" in run("Listed")


def test_a_rule_is_chosen_by_name(run):
    """Or by a part of one; another name is refused."""
    assert run("plain").startswith("-- Plain\nSELECT")
    with pytest.raises(UsageError, match="no rule"):
        run("nosuch")
