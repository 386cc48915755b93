"""`lanner archive export`: bounds, formats, places that cannot be written."""

import json

import pytest

from lanner.errors import GroundError, SourceError, UsageError


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (["--since", "2026-01-02"], ["2", "2"]),
        (["--until", "2026-01-02T00:00:00Z"], ["1"]),
        (["--cluster", "other"], []),
        (["--source", "import"], ["1", "2", "2"]),
    ],
)
def test_export_in_bounds(lanner, log, options, days):
    """Times, cluster and source choose events; json gives columns."""
    lanner("import", log)
    found = [json.loads(line) for line in lanner("export", "--format", "json", *options).stdout.splitlines()]
    assert [event["audit_id"] for event in found] == [f"a{day}" for day in days]
    assert all("line" not in event for event in found)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["import", "-"], UsageError),
        (["import", "/no/such/file"], SourceError),
        (["ls"], GroundError),
        (["export", "--since", "yesterday"], UsageError),
    ],
)
def test_errors(lanner, arguments, error):
    """Wrong use and a missing archive are told apart by their exit code."""
    with pytest.raises(error):
        lanner(*arguments)


def test_export_to_a_folder_that_does_not_exist(lanner, log, tmp_path):
    """The place is named."""
    lanner("import", log)
    with pytest.raises(GroundError, match="cannot write"):
        lanner("export", "--output", tmp_path / "none" / "out")
