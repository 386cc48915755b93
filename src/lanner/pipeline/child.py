"""What a child process of the supervisor runs: one part, with its settings read from a pipe.

The pipe's end tells a child that its supervisor is gone, however that ended; the child then stops in order.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec
import structlog

from lanner.errors import GroundError, LannerError
from lanner.pipeline import logs
from lanner.pipeline.player import Play
from lanner.settings.model import Settings
from lanner.state.schema import DamagedStateError

LENGTH_BYTES = 8
# Archiving and pages can wait for the processor; an alert cannot.
NICENESS = {"archiver": 10, "web": 5}


class Order(msgspec.Struct, kw_only=True):
    """What a child is to run; `part` is a key of PARTS, `play` is for the demo's player."""

    part: str
    settings: Settings
    play: Play | None = None


def _ingest(order: Order, stop: threading.Event, reload: threading.Event) -> None:
    from lanner.pipeline import ingest_process  # noqa: PLC0415  # each child loads only its own part

    ingest_process.run(order.settings, stop, reload)


def _archiver(order: Order, stop: threading.Event, _reload: threading.Event) -> None:
    # Arrow's own pool keeps what a commit took; the C library's gives it back. Arrow reads this when it is loaded.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from lanner.pipeline import archiver  # noqa: PLC0415  # see above

    archiver.run(order.settings, stop)


def _web(order: Order, stop: threading.Event, _reload: threading.Event) -> None:
    from lanner.web.server import serve  # noqa: PLC0415  # see above

    serve(order.settings, stop)


def _player(order: Order, stop: threading.Event, _reload: threading.Event) -> None:
    from lanner.pipeline import player  # noqa: PLC0415  # see above

    assert order.play is not None
    player.run(order.settings, order.play, stop)


PARTS: dict[str, Callable[[Order, threading.Event, threading.Event], None]] = {
    "ingest": _ingest,
    "archiver": _archiver,
    "web": _web,
    "player": _player,
}


def read_order(pipe: int) -> Order:
    """Read the length-prefixed order from the pipe."""
    with os.fdopen(os.dup(pipe), "rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        return msgspec.msgpack.decode(file.read(length), type=Order)


def write_order(pipe: int, order: Order) -> None:
    """Write an order for `read_order`."""
    data = msgspec.msgpack.encode(order)
    with os.fdopen(os.dup(pipe), "wb") as file:
        file.write(len(data).to_bytes(LENGTH_BYTES, "little") + data)


def _stop_with_parent(pipe: int, stop: threading.Event) -> None:
    while os.read(pipe, 1):
        continue
    stop.set()


def main(pipe: int) -> int:
    """Run the ordered part and return the exit code; errors meant for users are logged without a traceback."""
    order = read_order(pipe)
    logs.configure(order.settings.log_level)
    # State, spool and archive hold what the API server was told, secrets included.
    os.umask(0o077)
    os.nice(NICENESS.get(order.part, 0))
    stop, reload = threading.Event(), threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())
    threading.Thread(target=_stop_with_parent, args=(pipe, stop), daemon=True).start()
    try:
        PARTS[order.part](order, stop, reload)
    except LannerError as error:
        structlog.get_logger(f"lanner.{order.part}").error(str(error))
        return error.exit_code
    except DamagedStateError as error:
        # Ingest sets the database aside when it starts; the other parts find the new one.
        structlog.get_logger(f"lanner.{order.part}").error(f"the state database is damaged: {error}")
        return GroundError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
