"""The Typer application: each verb's file is one line here."""

from __future__ import annotations

import typer

from lanner import __version__
from lanner.cli import archive, demo, doctor, fields, hunt, init, replay, rules, run

app = typer.Typer(
    name="lanner",
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
app.add_typer(rules.rules, name="rules")
app.add_typer(archive.app, name="archive")
app.command("hunt")(hunt.hunt_command)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
