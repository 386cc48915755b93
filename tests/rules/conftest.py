"""Recorded events and answers of Falco, and strategies for conditions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from lanner.audit.decode import decode

ORACLE = Path(__file__).parents[1] / "data" / "falco_oracle"


@pytest.fixture(scope="session")
def oracle_events():
    """The 234 recorded events, numbered as Falco numbers them."""
    events = []
    for number, line in enumerate((ORACLE / "events.jsonl").read_bytes().splitlines(), 1):
        for event in decode(line).events:
            event.number = number
            events.append(event)
    return events


@pytest.fixture(scope="session")
def oracle_conditions():
    """The recorded conditions: either an error with code, message and column, or the matching audit IDs."""
    packed = (ORACLE / "conditions.jsonl.zst").read_bytes()
    return [json.loads(line) for line in zstandard.ZstdDecompressor().decompress(packed).splitlines()]
