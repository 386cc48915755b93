"""`lanner demo` plays a recorded log through all of lanner and leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli import demo as module
from lanner.cli.demo import demo
from lanner.errors import GroundError, UsageError
from lanner.sources.history import read_lines

LANNER = str(Path(sys.executable).with_name("lanner"))


@pytest.fixture
def verb() -> Callable[..., Any]:
    app = typer.Typer()
    app.command()(demo)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def started(tmp_path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            running.append(subprocess.Popen([LANNER, "demo", *arguments], stdout=out, stderr=err, env=environment))
        return running[-1]

    yield start
    for one in running:
        if one.poll() is None:
            one.kill()  # its children end by themselves
            one.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.slow
def test_a_log_with_attacks_gives_alerts_a_page_and_a_clean_end_on_ctrl_c(started, tmp_path):
    port = free_port()
    process = started("--rate", "4000", "--port", str(port))
    until(lambda: b"Attach" in (tmp_path / "out").read_bytes() or (tmp_path / "out").stat().st_size > 500, "no alert")
    until(lambda: answers(port), "the page does not answer")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert f"http://127.0.0.1:{port}/" in (tmp_path / "err").read_text()
    assert list(tmp_path.glob("lanner-demo-*")) == []


def test_a_log_that_is_not_there_is_named(verb, tmp_path):
    result = verb("--log", str(tmp_path / "absent"))
    assert isinstance(result.exception, UsageError)
    assert "no such log" in str(result.exception)


def test_the_shipped_log_is_found_and_is_an_audit_log():
    lines = read_lines(module._shipped())
    assert b'"auditID"' in next(iter(lines)).data


def test_without_the_shipped_log_another_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHIPPED", Path("absent") / "log")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--log"):
        module._shipped()


def test_the_first_free_port_is_taken_and_none_is_an_error(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(module, "FIRST_PORT", port)
        assert module._free_port() > port
        monkeypatch.setattr(module, "PORTS", 1)
        with pytest.raises(GroundError, match="--port"):
            module._free_port()
