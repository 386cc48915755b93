"""An archive in a temporary folder, and events as kube-apiserver writes them."""

import pytest

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive


def event_text(number=1, stage="ResponseComplete", *, day=1, user="ann", verb="get", more=""):
    """Return one event's line."""
    return (
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-{number}","stage":"{stage}",'
        f'"requestURI":"/api/v1/pods?a=1\\u0026b={number}","verb":"{verb}","user":{{"username":"{user}"}},'
        f'"sourceIPs":["1.2.3.4","10.0.0.1"],"objectRef":{{"resource":"pods","namespace":"shop","name":"p{number}"}}{more},'
        f'"requestReceivedTimestamp":"2026-01-{day:02}T00:00:00.000000Z",'
        f'"stageTimestamp":"2026-01-{day:02}T00:00:00.{number:06}Z"}}'
    ).encode()


@pytest.fixture
def event():
    return event_text


@pytest.fixture
def make_row():
    def make(number=1, stage="ResponseComplete", *, ingested=0, **keywords):
        raw = event_text(number, stage, **keywords)
        return Row(raw=raw, source="s", origin="log", offset=number * 10, ordinal=number, ingested=ingested)

    return make


@pytest.fixture
def archive(tmp_path):
    opened = Archive.open(ArchiveSettings(), tmp_path / "archive")
    yield opened
    opened.close()
