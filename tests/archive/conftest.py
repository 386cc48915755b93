"""An archive in a temporary folder, and events as kube-apiserver writes them."""

import logging

import pytest

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


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


@pytest.fixture(scope="session")
def object_store():
    """Give the address of an S3-compatible server on loopback, which also plays Glue, with a bucket `audit`."""
    pytest.importorskip("moto", reason="moto is a requirement for development")
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=address, **CREDENTIALS).create_bucket(Bucket="audit")
    yield address
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    """Put credentials into the environment, where pyarrow and boto3 look for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CREDENTIALS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CREDENTIALS["aws_secret_access_key"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", CREDENTIALS["region_name"])


@pytest.fixture
def stored_archive(object_store, credentials, tmp_path):
    """Give an archive whose files lie in the object store."""
    catalog = {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/catalog.db",
        "warehouse": f"s3://audit/{tmp_path.name}",
        "s3.endpoint": object_store,
    }
    opened = Archive.open(ArchiveSettings(catalog=catalog), tmp_path / "archive")
    yield opened
    opened.close()
