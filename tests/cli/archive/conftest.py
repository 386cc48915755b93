"""Two small logs, and a way to call the archive's verbs on a data folder of the test's own."""

import gzip

import pytest
from typer.testing import CliRunner

from lanner.cli.archive import app

EVENT = (
    '{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"None","auditID":"a{0}","stage":"{1}","requestURI":"/x",'
    '"verb":"get","user":{{}},"requestReceivedTimestamp":"2026-01-0{0}T00:00:00.000000Z",'
    '"stageTimestamp":"2026-01-0{0}T00:00:00.000000Z"}}'
)


@pytest.fixture
def lanner(tmp_path, monkeypatch):
    monkeypatch.setenv("LANNER_DATA", str(tmp_path / "data"))

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs"
    path.mkdir()
    (path / "audit.log").write_text(
        EVENT.format(2, "RequestReceived") + "\n" + EVENT.format(2, "ResponseComplete") + "\n"
    )
    (path / "audit-old.log.gz").write_bytes(gzip.compress(EVENT.format(1, "Panic").encode() + b"\n"))
    return path


@pytest.fixture
def event():
    """The text of an event of a day and stage."""
    return EVENT.format
