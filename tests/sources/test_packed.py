"""Unpacking in bounded steps, whatever the data."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lanner.errors import SourceError
from lanner.sources import packed


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKERS = (gzip.compress, zstd, lzma.compress, bz2.compress)


@given(st.lists(st.tuples(st.binary(max_size=200), st.booleans()), min_size=1, max_size=5))
def test_unpacking_is_the_inverse_of_packing_member_by_member(members):
    for pack in PACKERS:
        stored = b"".join(pack(data) for data, _ in members)
        assert b"".join(packed.chunks(io.BytesIO(stored), "a")) == b"".join(data for data, _ in members)


def test_a_window_that_asks_for_too_much_memory_is_refused():
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    stored = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(os.urandom(300_000))
    with pytest.raises(SourceError, match="damaged"):
        list(packed.chunks(io.BytesIO(stored), "a"))


@pytest.mark.parametrize("pack", PACKERS)
def test_damage_is_an_error_with_the_file(pack):
    stored = bytearray(pack(os.urandom(100_000)))
    stored[len(stored) // 2 :] = b"\xff" * 2000
    with pytest.raises(SourceError, match=r"a\.gz: the packed"):
        list(packed.chunks(io.BytesIO(stored), "a.gz"))


@pytest.mark.parametrize("pack", PACKERS)
def test_a_bomb_is_unpacked_in_bounded_steps(pack):
    bomb = pack(b"\0" * 100_000_000)
    largest = max(len(chunk) for chunk in packed.chunks(io.BytesIO(bomb), "bomb"))
    assert largest <= 33 * 1024 * 1024


def test_xz_that_asks_for_too_much_memory_is_refused():
    huge = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 * 1024 * 1024}]
    stored = lzma.compress(b"a", filters=huge)
    with pytest.raises(SourceError, match="damaged"):
        list(packed.chunks(io.BytesIO(stored), "a"))
