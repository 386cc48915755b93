"""`lanner archive import`: what goes in, what is told, what is refused."""

import gzip
import json

import pytest

from lanner.errors import SourceError


def test_import_list_and_export(lanner, log, tmp_path):
    """A folder goes in, is listed by day, and comes out as it was."""
    result = lanner("import", log, "--cluster", "east", "--source-name", "old")
    assert result.exit_code == 0
    assert [line.split(": ")[1] for line in result.stdout.splitlines()] == ["1 events", "2 events"]
    days = [json.loads(line) for line in lanner("ls", "--format", "json").stdout.splitlines()]
    assert [(day["day"], day["cluster"], day["events"]) for day in days] == [
        ("2026-01-01", "east", 1), ("2026-01-02", "east", 2)
    ]  # fmt: skip
    expected = gzip.decompress((log / "audit-old.log.gz").read_bytes()) + (log / "audit.log").read_bytes()
    assert lanner("export").stdout_bytes == expected
    assert lanner("export", "--output", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out").read_bytes() == expected


def test_the_readable_part_of_a_cut_file_goes_in(lanner, event, tmp_path):
    """Two gzip members, the second cut: what the first holds is archived, the damage is an error."""
    cut = tmp_path / "audit.log.gz"
    whole, torn = (gzip.compress(event(day, "Panic").encode() + b"\n") for day in (1, 2))
    cut.write_bytes(whole + torn[:-12])
    with pytest.raises(SourceError):
        lanner("import", cut)
    assert lanner("export").stdout_bytes == event(1, "Panic").encode() + b"\n"


def test_what_is_known_is_told(lanner, log):
    """A second import says why it adds nothing."""
    lanner("import", log / "audit.log")
    told = lanner("import", log / "audit.log").stdout
    assert "0 events, 2 lines known from before" in told
    outcome = json.loads(lanner("import", log / "audit.log", "--format", "json").stdout)
    assert (outcome["known"], outcome["events"]) == (2, 0)


def test_refused_lines_go_to_quarantine(lanner, event, log, tmp_path):
    """Exit code 1, a note with file and line, the text in a file."""
    (log / "audit.log").write_text("bad\n" + event(2, "Panic") + "\n")
    result = lanner("import", log / "audit.log")
    assert result.exit_code == 1
    assert "audit.log:1: not JSON" in result.stderr
    (kept,) = (tmp_path / "data" / "quarantine").iterdir()
    assert json.loads(kept.read_text())["sample"] == "bad"


def test_secret_values_are_redacted_unless_told_otherwise(lanner, tmp_path):
    """By option or by settings; the counts are told at the end and by ls."""
    line = (
        '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","stage":"ResponseComplete",'
        '"requestURI":"/x","verb":"create","user":{"username":"eve"},"objectRef":{"resource":"secrets"},'
        '"requestObject":{"stringData":{"a":"S3cret"}},"stageTimestamp":"2026-01-02T00:00:00.000000Z"}\n'
    )
    log, off = tmp_path / "log", tmp_path / "lanner.yaml"
    log.write_text(line)
    off.write_text("redaction: {enabled: false}\n")
    assert "1 events, 1 values redacted (secrets)" in lanner("import", log, "--data", tmp_path / "a").stdout
    assert "1 values redacted: secrets" in lanner("ls", "--data", tmp_path / "a").stdout
    exported = lanner("export", "--data", tmp_path / "a").stdout
    assert "S3cret" not in exported
    assert exported.partition("lanner:redacted:")[0] == line.partition("S3cret")[0]
    lanner("import", log, "--data", tmp_path / "b", "--no-redact")
    lanner("import", log, "--data", tmp_path / "c", "-c", off)
    for data in ("b", "c"):
        assert lanner("export", "--data", tmp_path / data).stdout == line
        assert "redacted" not in lanner("ls", "--data", tmp_path / data).stdout
