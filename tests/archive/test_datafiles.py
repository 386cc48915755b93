"""Data files in the making."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from lanner.archive.codec import encode_rows
from lanner.archive.datafiles import APPENDED, Partition, file_schema
from lanner.archive.row import Row

LINE = b'{"kind":"Event","auditID":"a","stage":"Panic","verb":"get","stageTimestamp":"2026-01-01T00:00:00.000000Z"}'


def test_a_file_that_is_given_up_is_gone_without_a_word(archive, monkeypatch):
    """Its Parquet writer ends the file when it is freed, which has no place to be written to any more."""
    said = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    writer = archive.writer(Partition(20_454, "c"), APPENDED)
    writer.write(encode_rows([Row(raw=LINE, source="s")], "c").cast(file_schema(archive.table)))
    path = Path(writer.location.removeprefix("file://"))
    assert path.exists()
    writer.abandon()
    del writer
    gc.collect()
    assert not path.exists()
    assert said == []
