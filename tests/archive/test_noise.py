"""Noise filters drop what all their lists match, and count it by name."""

import pytest

from lanner.archive.noise import NoiseFilter
from lanner.archive.row import Row
from lanner.archive.settings import Drop

POD = (
    b'{"stage":"ResponseComplete","verb":"get","user":{"username":"system:node:n1","groups":["system:nodes","x"]},"level":"Metadata","responseStatus":{"code":200},"userAgent":"kubelet/v1",'
    b'"requestURI":"/api/v1/pods/p/log","objectRef":{"resource":"pods","subresource":"log","namespace":"shop","name":"p"}}'
)
HEALTH = b'{"stage":"RequestReceived","verb":"get","requestURI":"/healthz/etcd"}'


@pytest.mark.parametrize(
    ("raw", "drop", "dropped"),
    [
        (POD, Drop(name="n"), False),
        (POD, Drop(name="n", users=("system:node:*",)), True),
        (POD, Drop(name="n", users=("system:node",)), False),
        (POD, Drop(name="n", users=("system:node:*",), verbs=("list",)), False),
        (POD, Drop(name="n", resources=("pods",)), False),
        (POD, Drop(name="n", resources=("pods/log",), namespaces=("shop",), user_agents=("kubelet/*",)), True),
        (POD, Drop(name="n", url_prefixes=("/api",)), False),
        (HEALTH, Drop(name="n", url_prefixes=("/healthz",)), True),
        (HEALTH, Drop(name="n", url_prefixes=("/livez",)), False),
        (HEALTH, Drop(name="n", stages=("RequestReceived",)), True),
        (HEALTH, Drop(name="n", users=("*",)), False),
        (POD, Drop(name="n", levels=("Metadata", "None")), True),
        (POD, Drop(name="n", levels=("Request",)), False),
        (POD, Drop(name="n", names=("p",), groups=("system:n*",)), True),
        (POD, Drop(name="n", groups=("nodes",)), False),
        (POD, Drop(name="n", codes=(200,)), True),
        (POD, Drop(name="n", codes=(403,)), False),
        (HEALTH, Drop(name="n", codes=(200,)), False),
        (b'{"responseStatus":{"code":"x"}}', Drop(name="n", codes=(200,)), False),
        (b"broken", Drop(name="n", verbs=("get",)), False),
    ],
)
def test_drops(raw, drop, dropped):
    """All lists that are given must match; a key that is absent matches nothing."""
    noise = NoiseFilter([drop])
    assert noise.drops(Row(raw=raw, source="s")) is dropped
    assert noise.dropped == ({"drop n": 1} if dropped else {})
