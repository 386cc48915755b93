"""Opening the state database: new, damaged, unusable, by several at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lanner.errors import GroundError
from lanner.state.schema import DamagedStateError, connect, set_aside


def test_a_new_database_has_the_tables_and_its_form_has_a_number(tmp_path):
    connection = connect(tmp_path / "new" / "state.db")
    assert connection.execute("pragma user_version").fetchone() == (1,)
    assert connection.execute("select count(*) from alert").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("damage", ["text", "half", "middle"])
def test_damage_is_found_at_opening_and_the_file_can_be_set_aside(tmp_path, damage):
    path = tmp_path / "state.db"
    connection = connect(path)
    connection.executemany("insert into seen values (?, 1.0)", ((os.urandom(16),) for _ in range(20_000)))
    connection.close()
    data = path.read_bytes()
    size = len(data)
    spoiled = {
        "text": b"this is no database " * 500,
        "half": data[: size // 2],
        "middle": data[: size // 3] + os.urandom(size // 3) + data[2 * size // 3 :],
    }[damage]
    path.write_bytes(spoiled)
    with pytest.raises(DamagedStateError):
        connect(path, check=True)
    aside = set_aside(path)
    assert aside.read_bytes() == spoiled
    assert not path.exists()
    connect(path).close()


def test_a_place_that_cannot_be_used_is_no_damage(tmp_path):
    (tmp_path / "state.db").mkdir()
    with pytest.raises(GroundError, match="state database"):
        connect(tmp_path / "state.db")
    with pytest.raises(GroundError, match="state database"):
        connect(tmp_path / "absent.db", read_only=True)


def test_several_processes_may_make_it_at_once(tmp_path):
    script = "import sys, pathlib, lanner.state.schema as s; s.connect(pathlib.Path(sys.argv[1])).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "state.db")], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [(one.communicate()[1], one.returncode) for one in started] == [(b"", 0)] * 4
