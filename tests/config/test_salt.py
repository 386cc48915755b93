"""The salt of redaction."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from lanner.config.salt import BYTES, load_salt
from lanner.errors import GroundError


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "data" / "redaction.salt"
    salt = load_salt(path)
    assert (len(salt), load_salt(path)) == (BYTES, salt)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_processes_that_start_together_have_one_salt(tmp_path):
    code = "import sys; from pathlib import Path; from lanner.config.salt import load_salt; "
    code += "sys.stdin.read(1); print(load_salt(Path(sys.argv[1])).hex())"
    command = [sys.executable, "-c", code, str(tmp_path / "salt")]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for child in children:
        child.stdin.write("x")
        child.stdin.flush()
    assert len({child.communicate()[0] for child in children}) == 1


def test_a_damaged_salt_is_named_and_not_replaced(tmp_path):
    path = tmp_path / "salt"
    path.write_bytes(b"short")
    with pytest.raises(GroundError, match="5 bytes instead of 32"):
        load_salt(path)
    assert path.read_bytes() == b"short"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GroundError, match="cannot be used"):
        load_salt(tmp_path / "file" / "salt")
