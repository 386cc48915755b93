"""What alerts and events have in common that binds them."""

from __future__ import annotations

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.detect.alert import Alert, Origin, origin_of
from lanner.detect.links import links_of, links_of_event

EVENT = {
    "kind": "Event",
    "auditID": "a",
    "stageTimestamp": "2026-01-01T00:00:00Z",
    "verb": "get",
    "user": {
        "username": "system:serviceaccount:ci:runner",
        "extra": {
            "authentication.kubernetes.io/credential-id": ["JTI=1"],
            "authentication.kubernetes.io/pod-name": ["runner-0"],
        },
    },
    "sourceIPs": ["203.0.113.1", "192.0.2.7"],
}


def alert(**origin):
    return Alert(
        time="2026-01-01T00:00:00.000000000Z",
        rule="R",
        priority="Notice",
        source="k8s_audit",
        tags=[],
        output="",
        output_fields={},
        hostname="",
        lanner=Origin(**origin),
    )


def test_an_event_and_its_alert_have_the_same_links():
    (event,) = decode(msgspec.json.encode(EVENT)).events
    links = ("credential JTI=1", "address 192.0.2.7", "pod ci/runner-0")
    assert links_of_event(event) == links
    found = alert()
    found.lanner = origin_of(event, 0)
    assert tuple(links_of(found)) == links


def test_links_that_an_alert_brings_come_on_top():
    assert list(links_of(alert(address="192.0.2.7", links=["credential c"]))) == ["address 192.0.2.7", "credential c"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.1.1", "fe80::1"])
def test_addresses_that_everybody_has_bind_nobody(address):
    assert list(links_of(alert(actor="eve", credential="c", address=address))) == ["credential c"]


def test_a_name_binds_where_there_is_nothing_else():
    assert list(links_of(alert(actor="eve"))) == ["actor eve"]
