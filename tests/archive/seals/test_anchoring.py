"""Heads are noted when it is time, and a chain that was written anew is found out by what each kind of anchor knows."""

import datetime as dt
import http.server
import shutil
import subprocess
import threading

import pytest

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.anchoring import Anchoring
from lanner.archive.seals.anchors.file import FileAnchorSettings
from lanner.archive.seals.anchors.s3 import S3AnchorSettings
from lanner.archive.seals.anchors.timestamp import TimestampAnchorSettings
from lanner.archive.seals.finding import Finding
from lanner.archive.seals.keys import public_key
from lanner.archive.seals.verify import verify
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def findings(archive, anchoring):
    key = public_key(archive.folder / "seals" / "seal.pub")
    return [finding.message for finding in verify(archive, [key], anchored=anchoring.read()).findings]


def rewritten(archive, make_row):
    """Make the same archive with another past, as one who holds the key could."""
    shutil.copy(archive.folder / "seals" / "seal.key", archive.folder.parent / "seal.key")
    shutil.copy(archive.folder / "seals" / "seal.pub", archive.folder.parent / "seal.pub")
    archive.close()
    shutil.rmtree(archive.folder)
    (archive.folder / "seals").mkdir(parents=True)
    for name in ("seal.key", "seal.pub"):
        shutil.copy(archive.folder.parent / name, archive.folder / "seals" / name)
    other = Archive.open(ArchiveSettings(), archive.folder)
    other.append([make_row(99)])
    return other


def test_a_file_knows_what_was(archive, make_row, tmp_path):
    """It is only appended to; a rewritten past is told, and a line that was changed."""
    archive.append([make_row(1)])
    path = tmp_path / "elsewhere" / "heads.jsonl"
    anchoring = Anchoring([FileAnchorSettings(path=str(path))], archive.folder)
    assert anchoring.note(NOW) == [(str(path), "")]
    archive.append([make_row(2)])
    assert findings(archive, anchoring) == []
    again = rewritten(archive, make_row)
    (message,) = findings(again, anchoring)
    assert message.startswith(f"{path} knew link 1")
    path.write_bytes(path.read_bytes()[:20])
    assert findings(again, anchoring) == [f"line 1 of {path} is no record: it was cut or changed"]


def test_heads_are_noted_when_it_is_time(archive, make_row, tmp_path):
    """Not again without a new link, not again too soon, at once when asked to; after a clock that ran ahead."""
    anchoring = Anchoring([FileAnchorSettings(path=str(tmp_path / "heads"), every_minutes=60)], archive.folder)
    assert anchoring.note(NOW) == []
    archive.append([make_row(1)])
    assert len(anchoring.note(NOW)) == 1
    assert anchoring.note(NOW + dt.timedelta(hours=2)) == []
    archive.append([make_row(2)])
    assert anchoring.note(NOW + dt.timedelta(minutes=59)) == []
    assert len(anchoring.note(NOW + dt.timedelta(minutes=60))) == 1
    archive.append([make_row(3)])
    assert len(anchoring.note(NOW + dt.timedelta(minutes=61), at_once=True)) == 1
    archive.append([make_row(4)])
    assert len(anchoring.note(NOW)) == 1
    assert [record.number for record in anchoring.read()] == [1, 2, 3, 4]


def test_an_anchor_that_cannot_be_reached_is_told(archive, make_row, tmp_path):
    """When noting, and as a finding when verifying."""
    archive.append([make_row(1)])
    anchoring = Anchoring([FileAnchorSettings(path=str(tmp_path))], archive.folder)
    ((_, problem),) = anchoring.note(NOW)
    assert "cannot append" in problem
    (found,) = anchoring.read()
    assert isinstance(found, Finding)


def test_object_lock(archive, make_row, object_store, credentials):
    """An object a head, which cannot be deleted; the store's own time counts."""
    import boto3
    from botocore.exceptions import ClientError

    client = boto3.client("s3", endpoint_url=object_store)
    client.create_bucket(Bucket="anchors", ObjectLockEnabledForBucket=True)
    archive.append([make_row(1)])
    settings = S3AnchorSettings(bucket="anchors", endpoint=object_store, days=3)
    anchoring = Anchoring([settings], archive.folder)
    assert anchoring.note(NOW) == [("s3://anchors/lanner/", "")]
    assert findings(archive, anchoring) == []
    (entry,) = client.list_object_versions(Bucket="anchors")["Versions"]
    assert client.head_object(Bucket="anchors", Key=entry["Key"])["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket="anchors", Key=entry["Key"], VersionId=entry["VersionId"])
    assert findings(rewritten(archive, make_row), anchoring)[0].startswith("s3://anchors/lanner/ knew link 1")
    nowhere = Anchoring([S3AnchorSettings(bucket="no-such", endpoint=object_store)], archive.folder)
    assert "cannot list" in findings(Archive.open(ArchiveSettings(), archive.folder), nowhere)[0]


@pytest.fixture
def authority(tmp_path):
    """A time-stamp authority of the test's own: openssl behind a small HTTP server on loopback."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
        "default_policy=1.2.3.4\ndigests=sha256,sha512\nordering=yes\n"
    )
    (folder / "ext.cnf").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    (folder / "serial").write_text("01\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    root = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test root")
    openssl("req", *root, "-keyout", "root.key", "-out", "root.pem", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
    signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2", "-extfile", "ext.cnf")
    openssl("x509", "-req", "-in", "tsa.csr", *signing, "-out", "tsa.pem")

    class Authority(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
            self.send_response(200)
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder / "root.pem"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_time_stamp_authority(archive, make_row, authority, tmp_path):
    """Its stamp says when; one of another head or another authority does not verify."""
    url, root = authority
    archive.append([make_row(1)])
    anchoring = Anchoring([TimestampAnchorSettings(url=url, certificate=str(root))], archive.folder)
    assert anchoring.note(NOW) == [(url, "")]
    (record,) = anchoring.read()
    assert isinstance(record, Anchored)
    assert abs(record.time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert findings(archive, anchoring) == []
    (stamp,) = (archive.folder / "seals" / "timestamps").iterdir()
    stamp.rename(stamp.with_name(f"{1:012d}-{'0' * 64}.tsr"))
    (message,) = findings(archive, anchoring)
    assert "does not verify" in message


def test_an_authority_that_does_not_answer(archive, make_row, authority):
    """The reason is told, nothing is kept."""
    _, root = authority
    archive.append([make_row(1)])
    settings = TimestampAnchorSettings(url="http://127.0.0.1:9/", certificate=str(root))
    ((_, problem),) = Anchoring([settings], archive.folder).note(NOW)
    assert "no time-stamp" in problem
    assert not (archive.folder / "seals" / "timestamps").exists()
