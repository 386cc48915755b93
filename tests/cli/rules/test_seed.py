"""`lanner rules seed`: what its option says, and what it prints."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli.rules import app
from lanner.cli.rules.seed import read_since
from lanner.errors import UsageError

NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "moment"), [("14d", "2026-11-14T00:00"), ("12h", "2026-11-27T12:00"), ("2026-11-01", "2026-11-01T00:00")]
)
def test_a_span_counts_back_from_now_and_a_time_is_itself(text, moment):
    assert read_since(text, NOW) == dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["soon", ""])
def test_what_is_neither_is_refused(text):
    with pytest.raises(UsageError, match="--since"):
        read_since(text, NOW)


def test_it_says_how_much_was_learnt(tmp_path):
    data, rules, config = tmp_path / "data", tmp_path / "rules.yaml", tmp_path / "lanner.yaml"
    rules.write_text(
        "- {rule: R, desc: d, condition: ka.verb = get, output: o, priority: WARNING, source: k8s_audit}\n"
    )
    config.write_text(f"data: {data}\nrules: {{content: false, files: [{rules}]}}\n")
    line = (
        b'{"kind":"Event","auditID":"a","stage":"ResponseComplete","verb":"get","user":{"username":"u"},'
        b'"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
    )
    archive = Archive.open(ArchiveSettings(), data / "archive")
    archive.append([Row(raw=line, source="s", ordinal=0)])
    archive.close()
    options = ["seed", "--since", "2026-01-01", "-c", str(config)]
    assert CliRunner().invoke(app, options).stdout == (
        "1 events since 2026-01-01T00:00:00: correlations know 0 keys, habits 1\n"
    )
    found = json.loads(CliRunner().invoke(app, [*options, "--format", "json"]).stdout)
    assert found == {"events": 1, "remembered": 0, "habits": 1, "since": "2026-01-01T00:00:00+00:00"}
