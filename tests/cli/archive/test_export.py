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
        (["export", "--columns", "name", "--format", "ocsf"], UsageError),
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


@pytest.mark.parametrize("form", ["raw", "json", "ocsf", "ecs", "csv", "parquet"])
def test_an_export_to_a_file_is_the_one_to_standard_output(lanner, log, tmp_path, form):
    """Whatever the form."""
    lanner("import", log)
    out = tmp_path / "out"
    lanner("export", "--format", form, "--output", out)
    assert out.read_bytes() == lanner("export", "--format", form).stdout_bytes


def test_chosen_columns(lanner, log):
    """Names with blanks around them."""
    lanner("import", log)
    found = lanner("export", "--format", "csv", "--columns", "audit_id, verb").stdout.splitlines()
    assert found[0] == '"audit_id","verb"'
    assert len(found) == 4
