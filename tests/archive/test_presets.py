"""Presets drop what a cluster does by itself, and nothing that others do."""

import typing

import pytest

from lanner.archive.noise import NoiseFilter
from lanner.archive.presets import PRESETS, drops_of
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings, Drop, Preset

LEASE = (
    '{"stage":"ResponseComplete","level":"%s","verb":"%s","user":{"username":"%s"},"requestURI":"/apis/x",'
    '"objectRef":{"resource":"leases","namespace":"%s","name":"n"},"responseStatus":{"code":200}}'
)
EVENTS = '{"stage":"ResponseComplete","verb":"create","user":{"username":"%s"},"objectRef":{"resource":"events"}}'
PATH = (
    '{"stage":"ResponseComplete","verb":"get","user":{"username":"%s"},"requestURI":"%s","responseStatus":{"code":%d}}'
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PATH % ("system:anonymous", "/livez?verbose", 200), "drop probes"),
        (PATH % ("eve", "/apis/apps/v1", 200), "drop discovery"),
        (PATH % ("eve", "/apis/apps/v1", 403), ""),
        (PATH % ("eve", "/metrics", 200), ""),
        (LEASE % ("Metadata", "update", "system:node:a", "kube-node-lease"), "drop node-leases"),
        (LEASE % ("Metadata", "delete", "system:node:a", "kube-node-lease"), ""),
        (LEASE % ("Metadata", "update", "eve", "kube-node-lease"), ""),
        (LEASE % ("Metadata", "update", "system:kube-scheduler", "kube-system"), "drop leader-election"),
        (LEASE % ("Metadata", "update", "eve", "kube-system"), ""),
        (EVENTS % "system:node:a", "drop events"),
        (EVENTS % "eve", ""),
        (LEASE % ("Metadata", "watch", "system:kube-scheduler", "shop"), "drop control-plane-watches"),
        (LEASE % ("RequestResponse", "watch", "system:kube-scheduler", "shop"), ""),
        (LEASE % ("Metadata", "watch", "eve", "shop"), ""),
    ],
)
def test_who_does_it_counts(text, reason):
    """All presets at once; the first that matches is the reason."""
    noise = NoiseFilter(drops_of(ArchiveSettings(drop_presets=tuple(PRESETS))))
    assert noise.drops(Row(raw=text.encode(), source="s")) is bool(reason)
    assert list(noise.dropped) == ([reason] if reason else [])


def test_every_name_has_its_filter():
    """And filters of one's own come after them."""
    assert set(PRESETS) == set(typing.get_args(Preset))
    own = Drop(name="own", verbs=("get",))
    assert drops_of(ArchiveSettings(drop_presets=("probes",), drop=(own,))) == (PRESETS["probes"], own)
    assert drops_of(ArchiveSettings()) == ()
