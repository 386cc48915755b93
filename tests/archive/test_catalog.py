"""The archive works with each catalog that settings can name, on real servers where they are to be had."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lanner.archive.export import export_lines
from lanner.archive.query import hunt
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError, UsageError

REST_FIXTURE = "LANNER_REST_FIXTURE"
NOBODY = "127.0.0.1:9"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    pytest.fail("the server does not listen")


def postgres_programs():
    """Return the folder of PostgreSQL's programs, as Debian has them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else pytest.skip("PostgreSQL is not installed")


@pytest.fixture(scope="module")
def postgres():
    """Run a server of our own on loopback; give a function from a new database's name to its URI."""
    programs, port = postgres_programs(), free_port()
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="lanner-pg-"))
    if user:
        shutil.chown(folder, "nobody", "nogroup")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    initdb = [programs / "initdb", "-D", folder / "data", "-U", "lanner", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, check=True, env=os.environ | {"LC_ALL": "C"}, **quiet)
    options = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off")
    command = [programs / "postgres", "-D", folder / "data", *(part for option in options for part in ("-c", option))]
    server = subprocess.Popen(command, **quiet)

    def database(name):
        created = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "lanner", "-c", f"CREATE DATABASE {name}"]
        subprocess.run([programs / created[0], *created[1:], "postgres"], check=True, **quiet)
        return f"postgresql+psycopg2://lanner@127.0.0.1:{port}/{name}"

    try:
        await_port(port, server)
        ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False, **quiet).returncode:
            time.sleep(0.1)
        yield database
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)


@pytest.fixture
def rest(tmp_path):
    """Give the address of Apache Iceberg's own REST server; its jars are not part of the requirements."""
    jars = os.environ.get(REST_FIXTURE)
    if not jars or not shutil.which("java"):
        pytest.skip(f"{REST_FIXTURE} names no folder of jars with Iceberg's RESTCatalogServer (docs/archive.md)")
    port = free_port()
    environment = {
        "CATALOG_WAREHOUSE": f"file://{tmp_path}/warehouse",
        "CATALOG_URI": f"jdbc:sqlite:{tmp_path}/rest.db",
        "CATALOG_REST_PORT": str(port),
    }
    command = ["java", "-Xmx256m", "-cp", f"{jars}/*", "org.apache.iceberg.rest.RESTCatalogServer"]
    server = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await_port(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def try_out(catalog, folder, make_row):
    """Append from two writers, open anew, export and hunt."""
    settings = ArchiveSettings(catalog=catalog)
    rows = [make_row(number) for number in range(3)]
    first, second = Archive.open(settings, folder), Archive.open(settings, folder)
    first.append(rows[:1], sequence=1)
    second.append(rows[1:2], sequence=2)
    first.append(rows[2:], sequence=3)
    first.close()
    second.close()
    opened = Archive.open(settings, folder, create=False)
    assert opened.position().sequence == 3
    assert list(export_lines(opened)) == [row.raw for row in rows]
    with hunt(opened, "SELECT name FROM events ORDER BY name") as answer:
        assert [name for (name,) in answer.rows] == ["p0", "p1", "p2"]
    opened.close()


def test_postgres_keeps_the_catalog(postgres, tmp_path, make_row):
    """With files in a local folder."""
    try_out(
        {"type": "sql", "uri": postgres("local"), "warehouse": f"file://{tmp_path}/w"}, tmp_path / "archive", make_row
    )


def test_postgres_and_an_object_store(postgres, object_store, credentials, tmp_path, make_row):
    """Credentials come from the environment, the rest from the settings."""
    catalog = {"type": "sql", "uri": postgres("stored"), "warehouse": "s3://audit/pg", "s3.endpoint": object_store}
    try_out(catalog, tmp_path / "archive", make_row)


def test_glue_keeps_the_catalog(object_store, credentials, tmp_path, make_row):
    """Glue and S3, both by their names in the settings."""
    catalog = {"type": "glue", "glue.endpoint": object_store, "s3.endpoint": object_store, "warehouse": "s3://audit/g"}
    try_out(catalog, tmp_path / "archive", make_row)


def test_a_rest_catalog_keeps_the_catalog(rest, tmp_path, make_row):
    """Apache Iceberg's own server."""
    try_out({"type": "rest", "uri": rest}, tmp_path / "archive", make_row)


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ({"type": "rest", "uri": f"http://{NOBODY}"}, "catalog cannot be reached: .* look at archive.catalog.uri"),
        ({"type": "glue", "glue.endpoint": f"http://{NOBODY}", "warehouse": "s3://a/w"}, "Glue cannot be reached: "),
        (
            {"type": "sql", "uri": f"postgresql+psycopg2://a@{NOBODY}/x", "warehouse": "/w"},
            "database failed: .*fused",
        ),
    ],
)
def test_a_catalog_that_does_not_answer_is_told(credentials, tmp_path, catalog, words):
    """The message names the setting to look at, and no file of SQLite."""
    with pytest.raises(GroundError, match=words):
        Archive.open(ArchiveSettings(catalog=catalog), tmp_path / "archive")


@pytest.mark.parametrize(
    ("catalog", "words"),
    [
        ({"type": "rst", "uri": "http://a"}, "archive.catalog: 'rst' is not a valid"),
        ({"type": "sql", "uri": "sqlite://"}, "archive.catalog: .*docs/archive.md"),
        ({"type": "glue", "glue.max-retries": "many"}, "archive.catalog: .*'many'"),
    ],
)
def test_settings_that_name_no_catalog_are_refused(credentials, tmp_path, catalog, words):
    """A word that pyiceberg does not know is the user's mistake, not the ground's."""
    with pytest.raises(UsageError, match=words):
        Archive.open(ArchiveSettings(catalog=catalog), tmp_path / "archive")


@pytest.mark.parametrize(
    ("module", "catalog", "extra"),
    [
        ("boto3", {"type": "glue"}, "glue"),
        ("psycopg2", {"type": "sql", "uri": "postgresql+psycopg2://a@b/c"}, "postgres"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch, tmp_path, module, catalog, extra):
    """What to install is said in lanner's own words."""
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "pyiceberg.catalog.glue", raising=False)
    with pytest.raises(GroundError, match=rf"pip install 'lanner\[{extra}\]'"):
        Archive.open(ArchiveSettings(catalog=catalog), tmp_path / "archive")


def test_a_local_warehouse_is_not_registered_in_another_catalog(archive, make_row, tmp_path):
    """Only the default catalog is made anew from the files beside it."""
    archive.append([make_row()])
    catalog = {"type": "sql", "uri": f"sqlite:///{tmp_path}/other.db", "warehouse": str(tmp_path / "other")}
    opened = Archive.open(ArchiveSettings(catalog=catalog), archive.folder)
    assert opened.table.metadata_location.startswith(str(tmp_path / "other"))
    opened.close()


def test_an_archive_that_was_moved_says_what_to_do(archive, make_row, tmp_path):
    """Iceberg notes whole paths; a link at the old place is enough, for reading and for writing."""
    archive.append([make_row(1)])
    old, new = archive.folder, tmp_path / "moved"
    old.rename(new)
    with pytest.raises(GroundError, match=f"was moved, .* ln -s {new} {old}"):
        Archive.open(ArchiveSettings(), new, create=False)
    old.symlink_to(new)
    opened = Archive.open(ArchiveSettings(), new)
    opened.append([make_row(2)])
    assert list(export_lines(opened)) == [make_row(1).raw, make_row(2).raw]
    opened.close()
