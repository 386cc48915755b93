"""A child process: its order through the pipe, its end with its parent, its errors as text."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lanner.pipeline.child import Order, read_order, write_order
from lanner.pipeline.player import Play
from lanner.settings.model import Settings, WebSettings
from lanner.sources.file_settings import FileSettings
from lanner.sources.webhook_settings import TlsSettings, WebhookSettings


@pytest.fixture
def start(folder, tmp_path):
    """Start a child as the supervisor does; yields the process and the end of the pipe to hold."""
    started = []

    def begin(order: Order) -> tuple[subprocess.Popen[bytes], int]:
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "lanner.pipeline.child", str(reading)]
        with (tmp_path / "said").open("wb") as said:
            process = subprocess.Popen(command, pass_fds=[reading], stderr=said)
        os.close(reading)
        write_order(writing, order)
        started.append((process, writing))
        return process, writing

    yield begin
    for process, _ in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_an_order_comes_through_the_pipe_as_it_was():
    order = Order(
        part="ingest",
        settings=Settings(
            hostname="h",
            sources=(FileSettings(path="/a"), WebhookSettings(tls=TlsSettings(cert="c", key="k"))),
            web=WebSettings(enabled=False),
        ),
        play=Play(log="l", target="t", rate=2.5),
    )
    reading, writing = os.pipe()
    write_order(writing, order)
    assert read_order(reading) == order
    os.close(reading)
    os.close(writing)


def test_it_ends_in_order_when_its_parent_is_gone(start, folder, store, until):
    process, writing = start(Order(part="ingest", settings=Settings(data=str(folder.root))))
    until(lambda: "ingest" in store.statuses(), 60)
    os.close(writing)
    assert process.wait(30) == 0


@pytest.mark.parametrize("part", ["ingest", "archiver"])
def test_an_error_for_users_is_one_line_and_an_exit_code(start, tmp_path, part):
    (tmp_path / "file").touch()
    process, writing = start(Order(part=part, settings=Settings(data=str(tmp_path / "file" / "data"))))
    assert process.wait(60) == 3
    os.close(writing)
    said = (tmp_path / "said").read_text()
    assert "cannot use the data folder" in said
    assert "Traceback" not in said


def test_a_damaged_database_is_no_traceback_in_parts_that_only_use_it(start, folder, tmp_path):
    folder.root.mkdir()
    folder.state.write_bytes(b"garbage" * 3000)
    process, writing = start(Order(part="archiver", settings=Settings(data=str(folder.root))))
    assert process.wait(60) == 3
    os.close(writing)
    said = (tmp_path / "said").read_text()
    assert "the state database is damaged" in said
    assert "Traceback" not in said
