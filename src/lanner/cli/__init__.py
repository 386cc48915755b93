"""The command line: one file a verb; only parsing and printing."""

from __future__ import annotations

import io
import os
import sys

from lanner.errors import GroundError, LannerError

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; errors meant for users become text on stderr and exit code 1, 2 or 3, Ctrl-C 130."""
    # What lanner writes holds what the API server was told, secrets included: nobody else reads it by default.
    os.umask(0o077)
    _open_standard_streams()
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _run() -> None:
    from lanner.cli.application import app  # noqa: PLC0415  # importing this package must stay cheap for its modules
    from lanner.cli.console import note  # noqa: PLC0415  # see above

    try:
        app()
    except LannerError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except OSError as error:
        note(f"error: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        _drop_stdout()
        sys.exit(GroundError.exit_code)


def _open_standard_streams() -> None:
    """Give a closed standard stream /dev/null, lest the next file opened takes its number and gets what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as lanner
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - see above
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the locale; a file's name may be no text at all.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_stdout() -> None:
    """Let nothing complain at the end about text that stdout could not take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
