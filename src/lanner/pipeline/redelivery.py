"""Drops events that a source has sent before: kube-apiserver repeats a webhook batch whose answer it did not get."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from lanner.state.store import Store

REMEMBERED = 200_000
DIGEST_BYTES = 16


def digest_of(line: bytes) -> bytes:
    """Return what an event is known by."""
    return hashlib.blake2b(line, digest_size=DIGEST_BYTES).digest()


class RedeliveryFilter:
    """Knows events by the hash of their text, which holds auditID, stage and stageTimestamp; bounded in memory.

    Digests of committed events are in the store as well, so that a restart does not forget them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: OrderedDict[bytes, None] = OrderedDict()

    def first_time(self, digests: Sequence[bytes]) -> list[bool]:
        """Say for each event, by its digest, whether it was not seen before."""
        stored = self._store.seen(digest for digest in digests if digest not in self._recent)
        return [self._add(digest, stored) for digest in digests]

    def _add(self, digest: bytes, stored: set[bytes]) -> bool:
        if digest in stored or digest in self._recent:
            return False
        self._recent[digest] = None
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return True
