"""Serving until told to stop."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from lanner.errors import GroundError
from lanner.web.server import address, bind

PROGRAM = """
import asyncio, signal, sys, threading
from lanner.settings.model import Settings, WebSettings
from lanner.web.server import serve
from nicegui import app, background_tasks
async def stubborn():
    while sys.argv[3:]:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            print("no", flush=True)
app.on_startup(lambda: background_tasks.create(stubborn()))
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
serve(Settings(data=sys.argv[1], web=WebSettings(listen=sys.argv[2])), stop)
print("ended")
"""


@pytest.mark.parametrize(
    ("listen", "parts"),
    [("127.0.0.1:8765", ("127.0.0.1", 8765)), ("[::1]:80", ("::1", 80)), (":9000", ("", 9000))],
)
def test_an_address_is_split(listen, parts):
    assert address(listen) == parts


@pytest.mark.parametrize("listen", ["127.0.0.1:{taken}", "no.such.host.invalid:1", "127.0.0.1:99999"])
def test_an_address_that_cannot_be_had_is_named_with_the_fix(listen):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = listen.format(taken=taken.getsockname()[1])
        with pytest.raises(GroundError, match=rf"cannot listen on {listen}: .*set web.listen"):
            bind(listen)


@pytest.mark.parametrize("stubborn", [(), ("stubborn",)], ids=["", "a task that ignores its cancellation"])
def test_the_process_keeps_its_signal_handlers_and_ends_when_stop_is_set(tmp_path, eventually, stubborn):
    """The main's own SIGTERM handler sets stop; serve returns and the program goes on. Open pages do not hold it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "data"), listen, *stubborn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            answer = eventually(lambda: process.poll() is not None or _get(f"http://{listen}/healthz"))
            assert (answer.status_code, "starting" in answer.text) == (503, True)
            with socket.create_connection(("127.0.0.1", int(listen.rpartition(":")[2]))):
                process.send_signal(signal.SIGTERM)
                *ignored, last = process.communicate(timeout=30)[0].splitlines()
                assert last == "ended"
                assert bool(ignored) is bool(stubborn)
        finally:
            process.kill()
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def _get(url):
    try:
        return httpx.get(url, timeout=10)
    except httpx.TransportError:
        return None
