"""`lanner archive savings`: a table for people, objects for programs."""

import json


def test_savings(lanner, log):
    """What a filter dropped has a line of its own."""
    lanner("import", log, "--filter")
    parts = [json.loads(line) for line in lanner("savings", "--format", "json").stdout.splitlines()]
    assert [part["part"] for part in parts] == ["arrived", "dropped", "packed", "expired", "stored"]
    assert parts[0]["events"] == 3
    assert (parts[1]["reason"], parts[1]["events"]) == ("stage RequestReceived", 1)
    assert parts[1]["bytes"] > 100
    lines = lanner("savings").stdout.splitlines()
    assert lines[0].split() == ["part", "events", "bytes", "share"]
    assert lines[1].startswith("arrived ")
    assert "dropped: stage RequestReceived" in lines[2]
