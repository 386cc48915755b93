"""The Typer application: each verb's file is one line here."""

from __future__ import annotations

import os
import sys
from typing import Any, ClassVar

import typer

from lanner import __version__
from lanner.cli.verbs import Verbs


class _Verbs(Verbs):
    """Ends quietly when the reader of stdout went away (`| head`), where Typer would make a failure of it."""

    PLACES: ClassVar = {
        "run": "lanner.cli.run:run",
        "demo": "lanner.cli.demo:demo",
        "replay": "lanner.cli.replay:replay",
        "fields": "lanner.cli.fields:fields",
        "rules": "lanner.cli.rules:app",
        "policy": "lanner.cli.policy:app",
        "archive": "lanner.cli.archive:app",
        "hunt": "lanner.cli.hunt:hunt_command",
        "init": "lanner.cli.init:init",
        "doctor": "lanner.cli.doctor:doctor",
    }

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
