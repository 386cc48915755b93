"""Compare lanner's fields with the oracle program: python compare.py ORACLE FIELDS.json EVENTS.jsonl ...

ORACLE is the built program. Prints what differs, with the deviations on purpose (docs/rules.md) left out, and counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lanner.audit.decode import decode
from lanner.audit.fields import Extractor, lookup

SHOWN = 20


def main(oracle: str, fields: str, *logs: str) -> int:
    """Return 1 if something differs."""
    extractors = {written: _extractor(written) for written in json.loads(Path(fields).read_text())}
    counts: Counter[str] = Counter()
    for log in logs:
        lines = Path(log).read_bytes().splitlines()
        answers = subprocess.run(
            [oracle, fields], input=b"\n".join(lines), stdout=subprocess.PIPE, check=True
        ).stdout.splitlines()
        for number, (line, answer) in enumerate(zip(lines, answers, strict=True), 1):
            _compare(f"{log}:{number}", line, json.loads(answer), extractors, counts)
    sys.stdout.write(" ".join(f"{name}={count}" for name, count in counts.items()) + "\n")
    return 1 if counts["differences"] or counts["unseen"] else 0


def _extractor(written: str) -> Extractor:
    name, bracket, rest = written.partition("[")
    return lookup(name, rest.removesuffix("]") if bracket else None)


def _compare(
    place: str, line: bytes, answer: Mapping[str, Any], extractors: Mapping[str, Extractor], counts: Counter[str]
) -> None:
    events = decode(line).events
    seen = (
        "unseen" if len(events) < len(answer["events"]) else "more" if len(events) > len(answer["events"]) else "lines"
    )
    counts[seen] += 1
    if len(events) != len(answer["events"]):
        return
    for event, theirs in zip(events, answer["events"], strict=True):
        counts["events"] += 1
        for name, extract in extractors.items():
            ours = extract(event)
            counts["values"] += 1
            if ours == theirs.get(name) or _on_purpose(name, ours, theirs):
                continue
            counts["differences"] += 1
            if counts["differences"] <= SHOWN:
                sys.stdout.write(f"{place} {name}: oracle {theirs.get(name)!r}, lanner {ours!r}\n")


def _on_purpose(name: str, ours: Any, theirs: Mapping[str, Any]) -> bool:
    """Say whether a difference is one of the table's: no auditID, malformed queries, NULs."""
    if name.startswith("ka.") and "ka.auditid" not in theirs:
        return True
    return (name.startswith("ka.uri.param") and name not in theirs) or "\0" in str(ours) or "\\x00" in repr(ours)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
