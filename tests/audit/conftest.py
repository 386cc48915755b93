"""Falco's recorded answers, and a maker of small events."""

from pathlib import Path

import msgspec
import pytest

from lanner.audit.decode import decode

ORACLE = Path(__file__).parents[1] / "data" / "falco_oracle"


@pytest.fixture(scope="session")
def oracle_lines():
    """The 234 recorded events, as lines."""
    return (ORACLE / "events.jsonl").read_bytes().splitlines()


@pytest.fixture(scope="session")
def oracle_fields():
    """What Falco extracted, by auditID."""
    rows = map(msgspec.json.decode, (ORACLE / "fields.jsonl").read_bytes().splitlines())
    return {row["auditID"]: row["fields"] for row in rows}


@pytest.fixture(scope="session")
def oracle_names():
    """The fields that were asked of Falco, with their arguments."""
    return msgspec.json.decode((ORACLE / "fieldnames.json").read_bytes())


@pytest.fixture
def make_event():
    """Decode an event that has only what is given besides what every event has."""

    def make(**keys):
        base = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "auditID": "a",
            "stage": "ResponseComplete",
            "stageTimestamp": "2026-11-23T10:00:01.000037Z",
        }
        decoded = decode(msgspec.json.encode(base | keys))
        assert not decoded.refusals
        return decoded.events[0]

    return make
