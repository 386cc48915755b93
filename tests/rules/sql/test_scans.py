"""Conditions share passes by the values that they need, and no pass is without what its conditions need."""

import pytest

from lanner.archive.fieldcolumns import FieldColumns
from lanner.archive.hunting import ANCHORS
from lanner.rules.falco.condition import parse_condition
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DuckDB
from lanner.rules.sql.scans import MOST_PASSES, anchors_of, plan_scans

COLUMNS = FieldColumns(DuckDB())


def plan(*texts):
    conditions = [parse_condition(text) for text in texts]
    translator = Translator(COLUMNS, DuckDB(), doubts=True)
    return plan_scans(conditions, [translator.translate(condition) for condition in conditions], COLUMNS, ANCHORS)


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("ka.verb in (get, list) and ka.target.resource = pods", {"verb": {"get", "list"}, "resource": {"pods"}}),
        ("ka.verb = get or ka.verb = list", {"verb": {"get", "list"}}),
        ("ka.verb = get or ka.user.name = a", {}),
        ("not ka.verb = get", {}),
        ("jevt.value[/stage] = Panic and ka.user.groups intersects (a)", {"stage": {"Panic"}}),
        ("ka.req.pod.host_network = true and evt.num = 1", {}),
    ],
)
def test_what_a_condition_needs(text, anchors):
    """Values of plain columns without which it cannot hold."""
    assert anchors_of(parse_condition(text), COLUMNS) == anchors


def test_each_resource_has_one_pass_with_the_conditions_that_need_it():
    """Rows are sorted by resource, so that such a pass reads little."""
    scans = plan("ka.target.resource in (pods, jobs) and ka.verb = get", "ka.target.resource = pods and ka.verb = list")
    found = {min(scan.anchors["resource"]): scan for scan in scans}
    assert set(found) == {"pods", "jobs"}
    assert found["pods"].anchors["verb"] == {"get", "list"}
    assert found["jobs"].condition.sql("duckdb").startswith("resource = 'jobs' AND verb = 'get' AND")
    assert "list" not in found["jobs"].condition.sql("duckdb")


def test_conditions_without_a_resource_share_passes():
    """By the next column that they need, or all together."""
    scans = plan("ka.user.name = a", "ka.user.name = b", "ka.uri contains x", "evt.num = 3")
    assert [sorted(scan.anchors.get("username", ())) for scan in scans] == [["a", "b"], []]
    assert scans[1].condition.sql("duckdb") == "TRUE"


def test_the_number_of_passes_is_bounded():
    """A condition with a long list of resources has one pass."""
    names = ", ".join(f"r{number}" for number in range(32))
    assert len(plan(f"ka.target.resource in ({names})")) == 32
    assert len(plan("ka.target.resource exists")) == 1
    assert MOST_PASSES >= 32
