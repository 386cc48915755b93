"""Each check, on policies made for it: tests/data/policy_lint/NAME.yaml and what lint says of it in NAME.txt.

The first line of a policy names the checks that are compared. LANNER_WRITE_GOLDEN=1 writes the texts anew, to be read.
"""

import os
from pathlib import Path

import pytest

from lanner.policy.lint import CHECKS, lint
from lanner.policy.loading import load_policy, read_policy

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "data" / "policy_lint"
SHARED = ROOT.parent / "shared" / "data" / "policy_oracle" / "policies"
POLICIES = sorted(FOLDER.glob("*.yaml"))


def said(path: Path) -> str:
    wanted = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# checks:").split()
    assert set(wanted) <= {check.name for check in CHECKS}
    return "".join(
        f"{found.line}:{found.column} {found.severity} {found.check}"
        f"{'' if found.rule is None else f' rules[{found.rule}]'}\n    {found.message}\n    > {found.fix}\n"
        for found in lint(load_policy(path))
        if found.check in wanted
    )


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_gets_the_findings_written_beside_it(path):
    golden = path.with_suffix(".txt")
    if os.environ.get("LANNER_WRITE_GOLDEN") == "1":
        golden.write_text(said(path), encoding="utf-8")
    assert said(path) == golden.read_text(encoding="utf-8")


def test_every_check_finds_something_in_one_of_them():
    found = {finding.check for path in POLICIES for finding in lint(load_policy(path))}
    assert found == {check.name for check in CHECKS}


def test_names_of_checks_are_one_of_a_kind():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)


def test_findings_come_in_the_order_of_the_file():
    findings = lint(load_policy(FOLDER / "resources.yaml"))
    assert [finding.line for finding in findings] == sorted(finding.line for finding in findings)


@pytest.mark.parametrize("text", ["", "hello", "- level: Metadata", "rules: {level: None}", "rules: [null, [], 3]"])
def test_what_is_no_policy_at_all_gets_no_finding(text):
    assert lint(read_policy(text)) == []


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/policy_oracle")
def test_recorded_policies_are_looked_at_without_failing_and_findings_have_a_place_and_a_fix():
    for path in SHARED.glob("*.yaml"):
        for finding in lint(load_policy(path)):
            assert finding.line, finding
            assert finding.column, finding
            assert finding.fix, finding
