"""The registry of sources, and where notes go by default."""

from __future__ import annotations

import subprocess
import sys
import typing

import msgspec
import structlog

from lanner.sources import SOURCES, SourceSettings, create
from lanner.sources.file import FileSettings, FileSource


def test_every_kind_of_settings_has_its_source():
    assert set(SOURCES) == set(typing.get_args(SourceSettings))
    assert isinstance(create(FileSettings(path="x")), FileSource)
    assert create(FileSettings(path="x")).id == "file:x"


def test_the_type_chooses_the_settings():
    assert msgspec.convert({"type": "file", "path": "a"}, SourceSettings) == FileSettings(path="a")


def test_notes_go_to_the_log_with_the_source():
    with structlog.testing.capture_logs() as logs:
        create(FileSettings(path="x"))._note("something odd")
    assert logs == [{"event": "something odd", "source": "file:x", "log_level": "warning"}]


def test_the_room_is_light_to_load():
    code = "import sys, lanner.sources; print({'uvicorn', 'starlette', 'structlog', 'asyncio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"set()\n"
