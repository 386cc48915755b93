"""`lanner rules`: one file a verb."""

from __future__ import annotations

import typer

from lanner.cli.rules import check, explain, list_, test

app = typer.Typer(help="Check, list, explain and test detection rules in Falco's language.", no_args_is_help=True)
app.command("check")(check.check)
app.command("list")(list_.list_)
app.command("explain")(explain.explain)
app.command("test")(test.run_tests)
