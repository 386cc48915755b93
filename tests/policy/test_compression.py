"""Packed sizes are real where all is packed, and within their interval where a sample is."""

from __future__ import annotations

import gzip
import random

import pytest

from lanner.policy import compression
from lanner.policy.compression import Packed, Sampler


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(compression, "BLOCK_BYTES", 20_000)


def line(number: int) -> bytes:
    chance = random.Random(number)
    return b'{"verb":"update","id":"%d","rest":"%s"}' % (chance.getrandbits(256), b"x" * chance.randrange(60))


def fed(count: int) -> tuple[Sampler, int]:
    sampler, asked = Sampler(), 0

    def text(number: int) -> bytes:
        nonlocal asked
        asked += 1
        return line(number)

    for number in range(count):
        sampler.add(len(line(number)) + 1, lambda number=number: text(number))
    return sampler, asked


def test_a_short_stream_is_packed_whole():
    sampler, asked = fed(100)
    assert asked == 100
    whole = b"".join(line(number) + b"\n" for number in range(100))
    assert sampler.total == len(whole)
    assert sampler.gzip() == Packed(len(gzip.compress(whole, compression.GZIP_LEVEL)), 0)
    assert 0 < sampler.zstd().bytes < len(whole)
    assert sampler.zstd().error == 0


def test_of_a_long_stream_a_sample_is_packed_and_the_truth_is_near():
    count = 20_000
    sampler, asked = fed(count)
    assert asked < count / 2
    whole = Sampler()
    whole._block = -1_000_000  # all of it: blocks below the limit are all packed
    for number in range(count):
        whole.add(len(line(number)) + 1, lambda number=number: line(number))
    for estimate, truth in ((sampler.zstd(), whole.zstd()), (sampler.gzip(), whole.gzip())):
        assert truth.error == 0
        assert 0 < estimate.error < truth.bytes * 0.02
        assert abs(estimate.bytes - truth.bytes) < 2 * estimate.error


def test_nothing_packs_to_nothing():
    assert Sampler().zstd() == Sampler().gzip() == Packed(0, 0)
