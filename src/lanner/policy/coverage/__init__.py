"""What a policy lets each rule see, by reasoning on the rule's fields and not by the luck of a log."""

from lanner.policy.coverage.coverage import Coverage, coverage
from lanner.policy.coverage.model import Blinding, Counterexample, Need, Sight, Verdict

__all__ = ["Blinding", "Counterexample", "Coverage", "Need", "Sight", "Verdict", "coverage"]
