"""How a test went."""

import pytest

from lanner.rules.testing.outcome import Outcome, Problem


@pytest.mark.parametrize(
    ("kinds", "status"),
    [((), "passed"), (("output",), "failed"), (("mistake",), "mistaken"), (("times", "objects"), "failed")],
)
def test_a_mistake_is_worse_than_a_failure(kinds, status):
    problems = tuple(Problem(kind=kind, message="m") for kind in kinds)
    outcome = Outcome(file="f", test="t", line=1, problems=problems)
    assert (outcome.status, outcome.passed) == (status, not kinds)
