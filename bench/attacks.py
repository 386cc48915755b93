"""Which steps of labelled attacks lanner's own rules see, and how much noise they make.

`python bench/attacks.py [LOG LABELS]`, without arguments the three logs of the project's data folder; every log as it
is, and with all names and addresses of its people, teams and tools replaced (nothing is to be seen by its name alone).
Prints one JSON object a reading; an alert of Notice or above counts for the event that it is told of. With `--learn`
habits are learnt from the first half of the events, and what the alerts after it come to is told beside the whole.
With `--order` the attacks are moved in time, see attack_order.py: what is seen must not depend on when it is done.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from attack_order import reordered

from lanner import content
from lanner.cli.replay import learning
from lanner.detect.alert import PRIORITIES
from lanner.detect.engine import Engine
from lanner.detect.habits import HabitSettings
from lanner.detect.incidents import Grouping
from lanner.pipeline.replay import Replay
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.rules.loading import load_files
from lanner.sources.history import read_lines

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "audit"
LOGS = {
    "full.jsonl.zst": "labels.jsonl",
    "seed_policy.jsonl.zst": "seed_policy.labels.jsonl",
    "recommended_policy.jsonl.zst": "recommended_policy.labels.jsonl",
}
NAMES = {
    b"alice": b"ursula", b"bob": b"victor", b"carol": b"wanda", b"mallory": b"xaver", b"example.com": b"firm.test",
    b"payments": b"ledger", b"vault": b"keystore", b"argocd": b"delivery", b"gitops-admin": b"rollout-bot",
    b"ci-deployer": b"builder", b"deployer-admin": b"release-bot", b"prometheus": b"gauges", b"monitoring": b"watchers",
    b"shop": b"mart", b"storage": b"disks", b"kwok": b"fake", b"external-secrets": b"secret-sync",
}  # fmt: skip
_WORDS = re.compile(b"|".join(sorted(map(re.escape, NAMES), key=len, reverse=True)))
_ADDRESS = re.compile(rb"\b127\.(?!0\.0\.1\b)(\d+)\.(\d+)\.(\d+)\b")
_LOUD = frozenset(PRIORITIES[: PRIORITIES.index("Notice") + 1])


class Reading(msgspec.Struct, kw_only=True):
    """What the alerts on one log come to: steps seen and missed, alerts by kind of event, noise by rule.

    `lowered` counts alerts that fit a habit; `after` are alerts by kind after the time of learning. `chains` has for
    each attack the places of its incidents among all, the worst being 1, and who is in them.
    """

    log: str
    names: str
    order: str
    seen: list[str]
    missed: list[str]
    alerts: dict[str, int]
    lowered: int
    after: dict[str, int]
    chains: dict[str, dict[str, Any]]
    noise: dict[str, int]
    rules: dict[str, list[str]]


class Asked(NamedTuple):
    """With which rules, whether habits are learnt from the first half of the events, when the attacks come."""

    rules: Sequence[Path] = (content.FOLDER,)
    learn: bool = False
    order: str = ""


_PLAIN = Asked()


def renamed(line: bytes) -> bytes:
    """Return a line with other names and addresses."""
    return _ADDRESS.sub(rb"10.\1.\2.\3", _WORDS.sub(lambda found: NAMES[found[0]], line))


def read_labels(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the labels by audit id and stage."""
    labels = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return {(label["auditID"], label["stage"]): label for label in labels}


def alerts_of(
    log: Path, rules: Sequence[Path], habits: HabitSettings | None, grouping: Grouping
) -> list[dict[str, Any]]:
    """Return what `lanner replay` gives, and have it grouped."""
    loaded = load_files(rules).require()
    engine = Engine(loaded.rules, correlations=loaded.correlations)
    rule_set = RuleSet(tuple(engine.rules), "all", "", "json", tuple(engine.correlations))
    run = Replay([log], lambda text: print(text, file=sys.stderr), grouping, habits)
    return [msgspec.json.decode(alert) for part in run.run(engine, rule_set, lambda _count: None) for alert in part]


def judge(log: Path, labels: Path, asked: Asked = _PLAIN, *, names: str = "own") -> Reading:
    """Replay a log and hold the alerts against its labels."""
    habits = learning([log], "first-half") if asked.learn else None
    after: Counter[str] = Counter()
    lowered, grouping = 0, Grouping()
    known = read_labels(labels)
    seen: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    noise: Counter[str] = Counter()
    rules: dict[str, set[str]] = {}
    for alert in alerts_of(log, asked.rules, habits, grouping):
        lowered += "habit" in alert["lanner"]
        label = known.get((alert["lanner"]["audit_id"], alert["lanner"]["stage"]), {"kind": "unlabelled", "step": ""})
        if alert["priority"] not in _LOUD:
            continue
        counts[label["kind"]] += 1
        after[label["kind"]] += bool(habits and alert["time"] >= habits.until)
        if label["kind"] == "attack":
            seen[label["step"]] += 1
            rules.setdefault(label["step"], set()).add(alert["rule"])
        else:
            noise[f"{label['step'] or label['kind']}: {alert['rule']}"] += 1
    steps = {label["step"] for label in known.values() if label["kind"] == "attack"}
    return Reading(
        log=log.name, names=names, order=asked.order, seen=sorted(seen), missed=sorted(steps - seen.keys()),
        alerts=dict(counts),
        lowered=lowered, after=dict(after), chains=chains_in(grouping, known), noise=dict(noise.most_common()),
        rules={step: sorted(rules[step]) for step in sorted(rules)},
    )  # fmt: skip


def chains_in(grouping: Grouping, known: dict[tuple[str, str], dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Return where each chain of attacks is among the incidents."""
    chains = {audit_id: label["chain"] for (audit_id, _), label in known.items() if label["kind"] == "attack"}
    found: dict[str, dict[str, Any]] = {chain: {"places": [], "actors": []} for chain in sorted(set(chains.values()))}
    worst = sorted(grouping.incidents(), key=lambda incident: (-incident.score, incident.started))
    for place, incident in enumerate(worst, 1):
        for chain in sorted({chains[audit_id] for audit_id in incident.audit_ids if audit_id in chains}):
            found[chain]["places"].append(place)
            found[chain]["actors"] += incident.actors
    return found


def judge_moved(log: Path, labels: Path, asked: Asked) -> Reading:
    """The same with the attacks at other times."""
    lines = reordered([line.data for line in read_lines(log)], read_labels(labels), asked.order)
    return _judge_copy(log, lines, labels, asked, names="own")


def judge_renamed(log: Path, labels: Path, asked: Asked = _PLAIN) -> Reading:
    """The same with names and addresses replaced."""
    return _judge_copy(log, (renamed(line.data) for line in read_lines(log)), labels, asked, names="replaced")


def _judge_copy(log: Path, lines: Iterable[bytes], labels: Path, asked: Asked, *, names: str) -> Reading:
    with tempfile.TemporaryDirectory(prefix="lanner-attacks-") as folder:
        copy = Path(folder) / log.name.removesuffix(".zst")
        copy.write_bytes(b"".join(line + b"\n" for line in lines))
        return judge(copy, labels, asked, names=names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, nargs="?", help="an audit log")
    parser.add_argument("labels", type=Path, nargs="?", help="its labels, as in the project's data folder")
    parser.add_argument("--quick", action="store_true", help="the first log alone")
    parser.add_argument("--learn", action="store_true", help="learn habits from the first half of the events")
    parser.add_argument("--rules", type=Path, action="append", help="other rules than lanner's own")
    parser.add_argument(
        "--order", action="append", default=[], help="move the attacks: reversed, together, early, slow, or a number"
    )
    options = parser.parse_args()
    asked = Asked(options.rules or (content.FOLDER,), options.learn)
    pairs = [(DATA / log, DATA / labels) for log, labels in LOGS.items()][: 1 if options.quick else None]
    for log, labels in [(options.log, options.labels)] if options.log else pairs:
        plain = () if options.order else (judge(log, labels, asked), judge_renamed(log, labels, asked))
        moved = (judge_moved(log, labels, asked._replace(order=order)) for order in options.order)
        for reading in (*plain, *moved):
            print(json.dumps(msgspec.to_builtins(reading)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
