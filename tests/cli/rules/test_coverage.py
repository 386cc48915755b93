"""Coverage on a screen."""

import pytest

from lanner.cli.rules.coverage import SHOWN, coverage_summary, print_coverage, total
from lanner.rules.testing.coverage import RuleCoverage, Untested

PART = Untested(missing="fires", text="ka.verb = \x1b get", file="d/a.yaml", line=7, column=3)
ROW = RuleCoverage(
    rule="A", file="d/a.yaml", line=1, enabled=True, fires=1, silent=1, parts=20, branches=10, untested=(PART,) * 15
)
BARE = RuleCoverage(
    rule="B", file="d/a.yaml", line=9, enabled=False, fires=0, silent=0, parts=20, branches=0,
    untested=(Untested(missing="silent", text="x"),),
)  # fmt: skip


@pytest.mark.parametrize(("verbose", "count"), [(False, SHOWN), (True, 15)])
def test_what_is_untested_is_cut_unless_all_is_asked_for(capsys, verbose, count):
    print_coverage([ROW], verbose=verbose)
    out = capsys.readouterr().out
    assert out.startswith(" 25.0 %  A  (tests: 1 firing, 1 silent)  d/a.yaml:1\n")
    assert out.count("           ka.verb = \\x1b get  a.yaml:7\n") == count
    assert ("and 5 more (-v shows them)" in out) is not verbose


@pytest.mark.parametrize("verbose", [False, True])
def test_a_rule_without_a_test_is_one_line(capsys, verbose):
    print_coverage([BARE], verbose=verbose)
    assert capsys.readouterr().out == "  0.0 %  B  (NO TEST, disabled)  d/a.yaml:9\n"


def test_totals():
    assert total([ROW, BARE]) == 12.5
    assert coverage_summary([ROW, BARE]).startswith("1 of 2 rules have a test")
