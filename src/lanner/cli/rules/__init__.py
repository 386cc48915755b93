"""`lanner rules`: one file a verb."""

from __future__ import annotations

import typer

from lanner.cli.rules import attack, check, convert, explain, list_, suggest, test

app = typer.Typer(
    help="Check, list, explain, test, convert and tune detection rules in Falco's language.", no_args_is_help=True
)
app.command("check")(check.check)
app.command("list")(list_.list_)
app.command("explain")(explain.explain)
app.command("convert")(convert.convert)
app.command("test")(test.run_tests)
app.command("suggest")(suggest.suggest)
app.command("coverage")(attack.coverage)
