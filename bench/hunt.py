"""How long hunts take on archives of 1, 10 and 100 million events: one rule, all rules, a group-by over a day.

Each question is asked cold (a first time) and warm; --only asks those alone that have a text in their name, and
--correlations asks for the correlations as well. Prints one JSON object an archive and one a question, with seconds
as a user waits and seconds of both cores. The events are real ones, repeated; see bench/archive_events.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.archive_events import make

from lanner import content
from lanner.archive.query import hunt
from lanner.archive.selection import Selection
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.detect.engine import Engine
from lanner.pipeline.hunting import hunt_rules
from lanner.rules.correlation.model import Correlation
from lanner.rules.loading import load_files
from lanner.rules.ruleset import Rule

ROOT = Path(__file__).parents[1]
LOG = ROOT.parent / "shared" / "data" / "audit" / "seed_policy.jsonl.zst"
MEMORY = "512MB"
GROUP_BY = """
SELECT verb, resource, count(*) FROM events
WHERE time >= '2026-01-01T00:00:00Z' AND time < '2026-01-02T00:00:00Z' GROUP BY ALL
"""


def timed(question: Callable[[], dict[str, int]]) -> dict[str, float | int]:
    """Ask and return the answer's counts with the seconds that it took."""
    started, worked = time.perf_counter(), time.process_time()
    answer = question()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    return {**answer, "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}


def of_rules(archive: Archive, rules: list[Rule], correlations: Sequence[Correlation] = ()) -> dict[str, int]:
    """Hunt for rules and correlations."""
    engine = Engine(rules, correlations=correlations)
    with hunt_rules(archive, engine, Selection(), memory=MEMORY) as found:
        return {"found": found.candidates, "alerts": sum(1 for _ in found.alerts)}


def of_sql(archive: Archive, sql: str) -> dict[str, int]:
    """Ask in SQL."""
    with hunt(archive, sql, memory=MEMORY) as answer:
        return {"rows": sum(1 for _ in answer.rows)}


def ask_all(archive: Archive, events: int, only: str, *, correlating: bool) -> None:
    """Ask every question twice."""
    loaded = load_files([content.FOLDER]).require()
    rules, correlations = loaded.rules, loaded.correlations if correlating else []
    questions: dict[str, Callable[[], dict[str, int]]] = {
        "group-by over a day": lambda: of_sql(archive, GROUP_BY),
        **{rule.name: lambda rule=rule: of_rules(archive, [rule]) for rule in rules},
        **{each.name: lambda each=each: of_rules(archive, [], [each]) for each in correlations},
        f"all {len(rules)} rules": lambda: of_rules(archive, rules),
    }
    if correlations:
        questions["all rules and correlations"] = lambda: of_rules(archive, rules, correlations)
    for name, question in ((name, question) for name, question in questions.items() if only in name):
        for state in ("cold", "warm"):
            print(json.dumps({"events": events, "question": name, "state": state, **timed(question)}), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="*", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--log", type=Path, default=LOG, help="the real events that are repeated")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "lanner-bench-hunt")
    parser.add_argument("--keep", action="store_true", help="leave the archives there, and use those that are")
    parser.add_argument("--only", default="", help="ask the questions alone whose name has this text")
    parser.add_argument("--correlations", action="store_true", help="ask for correlations as well")
    options = parser.parse_args()
    if not options.log.exists():
        print(f"{options.log} is not here; name a log with --log", file=sys.stderr)
        return 2
    for events in options.events:
        folder = options.folder / str(events)
        if not folder.exists():
            print(json.dumps(make(options.log, events, folder)), flush=True)
        archive = Archive.open(ArchiveSettings(), folder, create=False)
        ask_all(archive, events, options.only, correlating=options.correlations)
        archive.close()
        if not options.keep:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
