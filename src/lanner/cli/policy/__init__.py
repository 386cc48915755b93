"""`lanner policy`: one file a verb."""

from __future__ import annotations

from typing import ClassVar

import typer

from lanner.cli.verbs import Verbs


class _Verbs(Verbs):
    PLACES: ClassVar = {
        "check": "lanner.cli.policy.check:check",
        "explain": "lanner.cli.policy.explain:explain",
        "simulate": "lanner.cli.policy.simulate:simulate",
        "coverage": "lanner.cli.policy.coverage:coverage",
        "suggest": "lanner.cli.policy.suggest:suggest_",
        "watch": "lanner.cli.policy.watch:watch",
    }


app = typer.Typer(
    cls=_Verbs,
    help="Check an audit policy, and say what it decides, costs and blinds, and whether a log follows it.",
    no_args_is_help=True,
)


@app.callback()
def _verbs() -> None:
    pass
