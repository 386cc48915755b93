"""lanner's own rules on the labelled provider events of Panther's rules: hits and misses against their expectations.

`python bench/panther.py [EVENTS]` prints the tables of docs/content.md, without an argument for the project's data
folder; `--update` writes them there. An expectation is about one rule of Panther's on one event, which is mostly a
fragment: what an audit event must have and the fragment lacks (times, stage, level, path) is filled in first. Hits are
alerts of single events.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lanner import content
from lanner.audit.decode import decode
from lanner.detect.engine import Engine
from lanner.rules.loading import load_files

EVENTS = Path(__file__).parents[1].parent / "shared" / "data" / "panther" / "events.jsonl"
UPGRADED = 101
TIME = "2026-01-02T03:04:05.000000Z"
WHOLE = {
    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "stage": "ResponseComplete",
    "auditID": "00000000-0000-4000-8000-000000000000", "responseStatus": {"code": 200}, "verb": "get",
    "requestURI": "/",
}  # fmt: skip


BEGIN, END = "<!-- panther: bench/panther.py --update -->\n", "<!-- end of panther -->\n"
PAGE = Path(__file__).parents[1] / "docs" / "content.md"
REASONS = Path(__file__).with_suffix(".tsv")
"""One line a disagreement: - (expected, not told) or + (told, not expected), Panther's rule, why."""
UNEXPLAINED = "NOT EXPLAINED"


class Judged(NamedTuple):
    """One expectation and what came of it; `state` is refused, alert or silent."""

    provider: str
    rule: str
    test: str
    expected: bool
    state: str
    fired: tuple[str, ...]


def whole(event: dict[str, Any]) -> dict[str, Any]:
    """Return a provider's event with what it lacks to be one."""
    log = event.get("properties", {}).get("log") if isinstance(event.get("properties"), dict) else None
    if isinstance(log, str):
        return event | {"properties": event["properties"] | {"log": json.dumps(_filled(json.loads(log)))}}
    if "protoPayload" in event:
        service = {"serviceName": "k8s.io"} | (event["protoPayload"] or {})
        return {"logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity"} | event | {
            "protoPayload": service, "timestamp": TIME, "receiveTimestamp": TIME,
        }  # fmt: skip
    return _filled(event) if "objectRef" in event or "verb" in event or event.get("kind") == "Event" else event


def _filled(event: dict[str, Any]) -> dict[str, Any]:
    filled = WHOLE | {key: value for key, value in event.items() if not key.startswith("p_")}
    if "stage" not in event and filled["responseStatus"].get("code") == UPGRADED:
        filled["stage"] = "ResponseStarted"  # when a session opens
    return filled | {"stageTimestamp": TIME, "requestReceivedTimestamp": TIME}


def judge(path: Path) -> Iterator[Judged]:
    """Try every event."""
    engine = Engine(load_files([content.FOLDER]).require().rules)
    for line in path.read_bytes().splitlines():
        row = json.loads(line)
        events = decode(json.dumps(whole(row["event"])).encode()).events
        fired = tuple(dict.fromkeys(alert.rule for event in events for alert in engine.process(event)))
        state = "alert" if fired else "silent" if events else "refused"
        yield Judged(row["provider"], row["rule_id"], row["test_name"], row["expected"], state, fired)


def read_reasons() -> dict[tuple[str, str], str]:
    """Return why lanner says otherwise, by sign and Panther's rule."""
    rows = (line.split("\t") for line in REASONS.read_text().splitlines())
    return {(sign, rule): reason for sign, rule, reason in rows}


def tables(rows: Sequence[Judged]) -> str:
    """Return both tables as Markdown: counts by provider, and each disagreement with its reason."""
    counts = Counter((row.provider, row.expected, row.state == "alert") for row in rows)
    lines = [
        "| provider | expected and told | expected, not told | not expected, silent | not expected, told |",
        "|---|---|---|---|---|",
    ]
    for provider in ("eks", "gke", "aks"):
        cells = [counts[provider, *kind] for kind in ((True, True), (True, False), (False, False), (False, True))]
        lines.append(f"| {provider.upper()} | {' | '.join(map(str, cells))} |")
    lines += ["", "| Panther's rule | EKS | GKE | AKS | why lanner says otherwise |", "|---|---|---|---|---|"]
    reasons = read_reasons()
    for expected, sign in ((True, "-"), (False, "+")):
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row.expected is expected and (row.state == "alert") is not expected:
                found[row.rule][row.provider] += 1
        for rule in sorted(found):
            cells = [
                f"{sign}{found[rule][provider]}" if found[rule][provider] else "" for provider in ("eks", "gke", "aks")
            ]
            lines.append(f"| {rule} | {' | '.join(cells)} | {reasons.get((sign, rule), UNEXPLAINED)} |")
    return "\n".join(lines) + "\n"


def written(page: str, text: str) -> str:
    """Return the page with the tables in their place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{text}{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path, nargs="?", default=EVENTS)
    parser.add_argument("--each", action="store_true", help="every disagreement as a line of JSON")
    parser.add_argument("--update", action="store_true", help="write the tables into docs/content.md")
    options = parser.parse_args()
    rows = list(judge(options.events))
    if options.each:
        for row in rows:
            if (row.state == "alert") != row.expected:
                print(json.dumps(row._asdict()))
    elif options.update:
        PAGE.write_text(written(PAGE.read_text(), tables(rows)))
    else:
        print(tables(rows), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
