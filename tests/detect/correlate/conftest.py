"""Correlations and hits without conditions: what machines do does not depend on what events are meant."""

import pytest

from lanner.detect.correlate.hits import Hit
from lanner.rules import ir
from lanner.rules.correlation.model import Bound, Correlation, Difference, Part

ANY = ir.Exists(ir.Field("ka.verb"))
SECOND = 1_000_000_000


@pytest.fixture
def correlation():
    """A correlation of some kind over `parts` parts; times are in seconds."""

    def make(kind, *, parts=1, timespan=10, suppress=0, gte=None, name="c", **more):
        return Correlation(
            name=name,
            description="",
            kind=kind,
            parts=tuple(Part(alias="abcdef"[n], condition=ANY, key=(ir.Field("ka.user.name"),)) for n in range(parts)),
            group_by=("user",),
            timespan=timespan * SECOND,
            output="x",
            priority="Notice",
            bounds=() if gte is None else (Bound("gte", gte),),
            suppress=suppress * SECOND,
            **more,
        )

    return make


@pytest.fixture
def hit():
    """A hit at a second of the key `k` unless another is named; its audit id is its time."""

    def make(time, part=0, *, key="k", value=None, compared=(), correlation=0):
        raw = f'{{"kind":"Event","auditID":"{time}","stageTimestamp":"2026-01-01T00:00:00Z"}}'.encode()
        return Hit(correlation, part, int(time * SECOND), str(time), 0, [(key,)], value, compared, raw)

    return make


@pytest.fixture
def differ():
    """The condition that value 0 of two parts differs."""
    return lambda left, right: Difference(left, 0, right, 0, False)
