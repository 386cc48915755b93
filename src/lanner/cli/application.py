"""The Typer application: each verb's file is one line here."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from lanner import __version__
from lanner.cli import archive, demo, doctor, fields, hunt, init, policy, replay, rules, run


class _Verbs(TyperGroup):
    """Ends quietly when the reader of stdout went away (`| head`), where Typer would make a failure of it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb and write out all that it printed."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise typer.Exit from None
        return result


app = typer.Typer(
    name="lanner",
    cls=_Verbs,
    help="Secures a Kubernetes API server through its audit log.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"lanner {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    pass


app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("fields")(fields.fields)
app.add_typer(rules.app, name="rules")
app.add_typer(policy.app, name="policy")
app.add_typer(archive.app, name="archive")
app.command("hunt")(hunt.hunt_command)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
