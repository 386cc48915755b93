"""`lanner policy`: one file a verb."""

from __future__ import annotations

import typer

from lanner.cli.policy import check, coverage, explain, simulate, suggest, watch

app = typer.Typer(
    help="Check an audit policy, and say what it decides, costs and blinds, and whether a log follows it.",
    no_args_is_help=True,
)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("simulate")(simulate.simulate)
app.command("coverage")(coverage.coverage)
app.command("suggest")(suggest.suggest_)
app.command("watch")(watch.watch)
