"""`lanner archive`: one file a verb."""

from __future__ import annotations

import typer

from lanner.cli.archive import compact, expire, export, hold, import_, ls, savings, verify

app = typer.Typer(help="The archive of all events: list, import, export.", no_args_is_help=True)
app.command("savings")(savings.savings_command)
app.command("compact")(compact.compact_command)
app.command("ls")(ls.list_command)
app.command("import")(import_.import_command)
app.command("export")(export.export_command)
app.command("verify")(verify.verify_command)
app.command("seal-key")(verify.seal_key_command)
app.command("anchor")(verify.anchor_command)
app.command("expire")(expire.expire_command)
app.command("tier")(expire.tier_command)
app.command("hold")(hold.hold_command)
app.command("release")(hold.release_command)
