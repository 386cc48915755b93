"""Which logs a path names."""

from __future__ import annotations

import pytest

from lanner.sources.file_discover import LogName, discover


@pytest.fixture
def folder(tmp_path):
    for name in ("audit.log", "audit.log.1", "b-2026-01-01T00-00-00.000.log.gz", ".hidden", "c.log"):
        (tmp_path / name).touch()
    (tmp_path / "below.log").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "logs"),
    [
        ("audit.log", {"audit.log": False}),
        ("missing.log", {"missing.log": False}),
        (".", {"audit.log": True, "b.log": True, "c.log": False}),
        ("*.log", {"audit.log": False, "c.log": False}),
        ("audit.log*", {"audit.log": True}),
        ("no*", {}),
    ],
)
def test_logs_of_a_path(folder, path, logs):
    assert discover(str(folder / path)) == [LogName(str(folder / name), history) for name, history in logs.items()]


def test_a_file_with_a_glob_sign_in_its_name_is_a_file(tmp_path):
    (tmp_path / "a[1].log").touch()
    assert discover(str(tmp_path / "a[1].log")) == [LogName(str(tmp_path / "a[1].log"), history=False)]


def test_a_name_that_is_not_utf8_is_passed_over(folder):
    """Such a name could stand in no checkpoint."""
    (folder / "d-\udcff.log").touch()
    assert [log.live for log in discover(str(folder))] == [str(folder / f"{name}.log") for name in ("audit", "b", "c")]
