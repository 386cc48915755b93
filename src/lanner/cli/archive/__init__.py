"""`lanner archive`: one file a verb."""

from __future__ import annotations

from lanner.cli.verbs import group

app = group(
    "The archive of all events: list, import, export.",
    {
        "savings": "lanner.cli.archive.savings:savings_command",
        "compact": "lanner.cli.archive.compact:compact_command",
        "ls": "lanner.cli.archive.ls:list_command",
        "import": "lanner.cli.archive.import_:import_command",
        "export": "lanner.cli.archive.export:export_command",
        "verify": "lanner.cli.archive.verify:verify_command",
        "seal-key": "lanner.cli.archive.verify:seal_key_command",
        "anchor": "lanner.cli.archive.verify:anchor_command",
        "expire": "lanner.cli.archive.expire:expire_command",
        "tier": "lanner.cli.archive.expire:tier_command",
        "hold": "lanner.cli.archive.hold:hold_command",
        "release": "lanner.cli.archive.hold:release_command",
    },
)
