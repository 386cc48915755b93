"""`lanner rules`: one file a verb."""

from __future__ import annotations

from lanner.cli.verbs import group

app = group(
    "Check, list, explain, test, convert and tune detection rules in Falco's language.",
    {
        "check": "lanner.cli.rules.check:check",
        "list": "lanner.cli.rules.list_:list_",
        "explain": "lanner.cli.rules.explain:explain",
        "convert": "lanner.cli.rules.convert:convert",
        "test": "lanner.cli.rules.test:run_tests",
        "suggest": "lanner.cli.rules.suggest:suggest",
        "seed": "lanner.cli.rules.seed:seed",
        "coverage": "lanner.cli.rules.attack:coverage",
    },
)
