"""The data folder: where it is and what lies in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanner.config.folders import DataFolder, default_data_folder


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANNER_DATA", "/somewhere")
    assert default_data_folder() == Path("/somewhere")


@pytest.mark.parametrize("user", [0, 1000])
def test_root_and_others_have_their_usual_places(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.delenv("LANNER_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert default_data_folder() == (Path("/var/lib/lanner") if user == 0 else Path("/data/lanner"))


def test_parts_lie_below_the_root() -> None:
    folder = DataFolder(Path("/d"))
    parts = [folder.state, folder.spool, folder.archive, folder.quarantine]
    assert {part.parent for part in parts} == {Path("/d")}
    assert len(set(parts)) == 4
