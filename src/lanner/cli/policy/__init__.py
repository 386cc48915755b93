"""`lanner policy`: one file a verb."""

from __future__ import annotations

from lanner.cli.verbs import group

app = group(
    "Check an audit policy, and say what it decides, costs and blinds, and whether a log follows it.",
    {
        "check": "lanner.cli.policy.check:check",
        "explain": "lanner.cli.policy.explain:explain",
        "simulate": "lanner.cli.policy.simulate:simulate",
        "coverage": "lanner.cli.policy.coverage:coverage",
        "suggest": "lanner.cli.policy.suggest:suggest_",
        "watch": "lanner.cli.policy.watch:watch",
    },
)
