"""Conditions share passes by the values that they need, and no pass is without what its conditions need."""

import pytest

from lanner.archive.fieldcolumns import FieldColumns
from lanner.archive.hunting import ANCHORS, SPARSE
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.needs import conjuncts
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DuckDB
from lanner.rules.sql.scans import MOST_PASSES, anchors_of, divide, plan_scans, present_in

COLUMNS = FieldColumns(DuckDB())


def plan(*texts):
    conditions = [parse_condition(text) for text in texts]
    translator = Translator(COLUMNS, DuckDB(), doubts=True)
    return plan_scans(
        conditions, [translator.translate(condition) for condition in conditions], COLUMNS, ANCHORS, SPARSE
    )


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
    """By the next column that they need, a pass a value where these are few, or all together."""
    scans = plan("ka.user.name = a", "ka.user.name = b", "ka.user.name = a", "ka.uri contains x", "evt.num = 3")
    assert [sorted(scan.anchors.get("username", ())) for scan in scans] == [["a"], ["b"], []]
    assert scans[2].condition.sql("duckdb") == "TRUE"
    many = plan(*(f"ka.user.name = u{number}" for number in range(9)))
    assert [len(scan.anchors["username"]) for scan in many] == [9]


def test_conditions_that_need_a_sparse_column_have_a_pass_that_asks_for_it_first():
    """Rather than one by the stage, which nearly every event has."""
    (scan,) = plan("ka.stage = Panic and ka.impuser.name startswith x")
    assert scan.present == {"impersonated_user"}
    assert scan.condition.sql("duckdb").startswith("stage = 'Panic' AND NOT impersonated_user IS NULL AND")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("ka.impuser.name = a and ka.verb exists", {"impersonated_user", "verb"}),
        ("ka.verb = a or ka.verb exists", {"verb"}),
        ("ka.verb = a or ka.user.name exists", set()),
        ("not ka.verb exists", set()),
        ("jevt.value[/impersonatedUser/groups] exists", {"impersonated_groups"}),
    ],
)
def test_columns_that_are_not_null_where_a_condition_holds(text, columns):
    """A check on an absent value is false."""
    assert present_in(parse_condition(text), COLUMNS) == columns


def is_narrow(condition):
    return not anchors_of(condition, COLUMNS).keys().isdisjoint({"username", "name"})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ka.user.name = 'a' and ka.uri exists", ["ka.user.name = 'a' and ka.uri exists"]),
        (
            "ka.uri exists and (ka.user.name = 'a' or ka.target.name = 'b' and ka.verb = 'get')",
            ["ka.uri exists and ka.user.name = 'a'", "ka.uri exists and ka.target.name = 'b' and ka.verb = 'get'"],
        ),
        ("ka.user.name = 'a' or ka.uri exists", ["ka.user.name = 'a' or ka.uri exists"]),
        ("ka.uri exists", ["ka.uri exists"]),
    ],
)
def test_a_condition_is_divided_where_each_alternative_is_narrow(text, pieces):
    """Else it stays whole."""
    found = divide(parse_condition(text), is_narrow)
    assert [[print_condition(part).replace('"', "'") for part in conjuncts(each)] for each in found] == [
        piece.split(" and ") for piece in pieces
    ]


def test_the_number_of_passes_is_bounded():
    """A condition with a long list of resources has one pass."""
    names = ", ".join(f"r{number}" for number in range(32))
    assert len(plan(f"ka.target.resource in ({names})")) == 32
    assert len(plan("ka.target.resource exists")) == 1
    assert MOST_PASSES >= 32
