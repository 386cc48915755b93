"""Events as providers write them: made ones here, a third party's real ones from the shared folder."""

import json
import re
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "panther" / "events.jsonl"
NATIVE = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-1","stage":"ResponseComplete",'
    '"requestURI":"/api/v1/pods?a=1\\u0026b=2","verb":"list","user":{"username":"ann"},'
    '"requestReceivedTimestamp":"2026-01-01T00:00:00.000001Z","stageTimestamp":"2026-01-01T00:00:00.000002Z"}'
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d[.\d]*)")


@pytest.fixture
def native():
    return NATIVE


@pytest.fixture
def samples():
    """Give a function that yields a provider's samples as lines; times are written as their provider writes them."""
    if not SAMPLES.exists():
        pytest.skip("the third-party events are in ../shared/data")

    def read(provider):
        for text in SAMPLES.read_text().splitlines():
            sample = json.loads(text)
            if sample["provider"] == provider:
                event = {key: _timed(value) for key, value in sample["event"].items()}
                yield sample, event

    return read


def _timed(value):
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}Z" if found else value
