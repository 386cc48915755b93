"""A file that a command writes is there once it is whole."""

import os
from pathlib import Path

import pytest

from lanner.cli.streams import open_output
from lanner.errors import GroundError


def test_a_file_is_exchanged_at_the_end(tmp_path):
    """Readers see the old one until then."""
    path = tmp_path / "out"
    path.write_text("old")
    with open_output(path) as stream:
        stream.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_a_failure_the_old_file_stays(tmp_path):
    """And nothing of the new one."""
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(TypeError), open_output(path) as stream:
        stream.writelines([b"half", None])
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_link_keeps_pointing_to_its_file(tmp_path):
    """The file behind it is exchanged."""
    link, path = tmp_path / "link", tmp_path / "out"
    link.symlink_to(path)
    with open_output(link) as stream:
        stream.write(b"new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")


def test_a_device_is_written_to():
    """It cannot be exchanged."""
    with open_output(Path(os.devnull)) as stream:
        stream.write(b"new")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """With what to look at."""
    with pytest.raises(GroundError, match="none/out: cannot write"), open_output(tmp_path / "none" / "out"):
        pass
