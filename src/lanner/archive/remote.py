"""Lets DuckDB read an archive in an object store: through pyarrow's file systems, which need no extension of DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import duckdb
from fsspec.implementations.arrow import ArrowFSWrapper
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

LOCAL_SCHEMES = frozenset({"", "file"})


def register_stores(connection: duckdb.DuckDBPyConnection, table: Table, files: Iterable[str]) -> None:
    """Make the stores of these files known to the connection; local files stay with DuckDB's own reader."""
    for store in {_store(file) for file in files}:
        scheme = store.partition("://")[0]
        if scheme not in LOCAL_SCHEMES:
            connection.register_filesystem(_file_system(table, store, scheme))


def _store(location: str) -> str:
    """Cut a location to its scheme and host: s3://bucket."""
    scheme, found, rest = location.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if found else ""


def _file_system(table: Table, store: str, scheme: str) -> Any:
    files = cast(PyArrowFileIO, table.io)
    host = store.removeprefix(f"{scheme}://")
    kind = type("_Store", (_ArrowStore,), {"protocol": scheme})
    return kind(files.fs_by_scheme(scheme, host))


class _ArrowStore(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
    """pyarrow names what lies in s3://bucket/key as bucket/key."""

    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.split("://", 1)[-1]
