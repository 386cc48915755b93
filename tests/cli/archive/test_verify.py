"""`lanner archive verify`, `seal-key`: exit codes, what is printed, a key and a head that were kept elsewhere."""

import json

import pytest

from lanner.errors import GroundError, UsageError


@pytest.fixture
def archive(lanner, log, tmp_path):
    lanner("import", log)
    return tmp_path / "data" / "archive"


def test_a_whole_archive(lanner, archive):
    """Exit code 0, what was read, the newest link."""
    result = lanner("verify")
    assert result.exit_code == 0
    assert result.stdout.startswith("whole: 2 links, 2 files of 3 events")
    head = result.stdout.split("newest link ")[1].strip()
    assert lanner("verify", "--head", head, "--since", "2026-01-02").exit_code == 0
    assert lanner("verify", "--head", "2:" + "0" * 64).exit_code == 1


def test_a_changed_file_is_named(lanner, archive):
    """Exit code 1; as JSON a finding a line and a summary."""
    file = next(archive.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9])
    result = lanner("verify")
    assert result.exit_code == 1
    assert file.name in result.stdout
    assert "NOT as it was sealed" in result.stdout
    finding, summary = map(json.loads, lanner("verify", "--format", "json").stdout.splitlines())
    assert finding["kind"] == "file"
    assert summary["links"] == 2


def test_the_key_can_be_kept_elsewhere(lanner, archive, tmp_path):
    """What seal-key prints is what --key takes; another key is found out."""
    kept = tmp_path / "kept.pub"
    kept.write_text(lanner("seal-key").stdout)
    assert lanner("verify", "--key", kept).exit_code == 0
    told = json.loads(lanner("seal-key", "--format", "json").stdout)
    assert told["key"] == kept.read_text()
    assert len(told["fingerprint"]) == 16


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["verify", "--head", "1"], UsageError),
        (["verify", "--since", "today"], UsageError),
        (["verify", "--key", "/no/such/key"], GroundError),
    ],
)
def test_wrong_use(lanner, archive, arguments, error):
    """Words that cannot be read, a key that is not there."""
    with pytest.raises(error):
        lanner(*arguments)


def test_metadata_that_cannot_be_read_is_a_finding(lanner, archive):
    """Not a traceback."""
    for file in archive.rglob("*.metadata.json"):
        file.write_text("{}")
    result = lanner("verify")
    assert result.exit_code == 1
    assert "metadata cannot be read" in result.stdout
