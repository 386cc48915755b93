"""`lanner archive compact`: says what it did, keeps all, and does nothing a second time."""

import json


def test_compact_as_json(lanner, log):
    """One object a merge, then one for all."""
    lanner("import", log)
    before = lanner("export").stdout_bytes
    merges = [json.loads(line) for line in lanner("compact", "--format", "json").stdout.splitlines()]
    assert [(merge["day"], merge["events"]) for merge in merges[:-1]] == [("2026-01-01", 1), ("2026-01-02", 2)]
    assert (merges[-1]["events"], merges[-1]["files_before"], merges[-1]["files_after"]) == (3, 2, 2)
    assert merges[-1]["files_deleted"] >= 2
    assert lanner("export").stdout_bytes == before


def test_compact_again(lanner, log):
    """Nothing is left to do, unless all is to be packed again."""
    lanner("import", log)
    assert len(lanner("compact").stdout.splitlines()) == 4
    assert len(lanner("compact").stdout.splitlines()) == 2
    told = lanner("compact", "--all", "--level", "1", "--memory", "1", "--keep", "60").stdout.splitlines()
    assert told[0].startswith("2026-01-01 default: 1 events, 1 -> 1 files, ")
    assert told[2].startswith("all: 3 events, 2 -> 2 files, ")
    assert told[3] == "0 files of 0 bytes deleted, 0 wait until no reader needs them"
