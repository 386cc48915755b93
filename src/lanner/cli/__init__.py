"""The command line: one file a verb; only parsing and printing."""

from __future__ import annotations

import os
import sys

from lanner.errors import LannerError


def main() -> None:
    """Run the command line; errors meant for users become text on stderr and exit code 1, 2 or 3."""
    from lanner.cli.application import app  # noqa: PLC0415  # importing this package must stay cheap for its modules
    from lanner.cli.console import note  # noqa: PLC0415  # see above

    # What lanner writes holds what the API server was told, secrets included: nobody else reads it by default.
    os.umask(0o077)
    try:
        app()
    except LannerError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nobody is left to tell, and closing stdout must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
