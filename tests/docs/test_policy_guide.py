"""docs/policy-guide.md under test: its policies load, have no warning of lint, and give the figures that it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lanner.audit.decode import decode
from lanner.policy.lint import lint
from lanner.policy.loading import load_policy
from lanner.policy.simulation import Simulation
from lanner.sources.history import read_lines

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy-guide.md").read_text(encoding="utf-8")
FOLDER = ROOT / "examples" / "audit-policies"
LOG = ROOT.parent / "shared" / "data" / "audit" / "full.jsonl.zst"
ROW = re.compile(r"^\| \[.*?\]\((?:\.\./)(\S+?)\)[^|]*\| ([\d,]+) \| ([\d,]+) \|", re.MULTILINE)
STEPS = {name: (int(events.replace(",", "")), int(size.replace(",", ""))) for name, events, size in ROW.findall(PAGE)}


def test_each_policy_of_the_examples_is_a_step_of_the_guide():
    assert {f"examples/audit-policies/{path.name}" for path in FOLDER.iterdir()} < set(STEPS)


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.stem)
def test_steps_load_and_lint_warns_of_nothing_but_what_the_next_step_mends(path):
    loaded = load_policy(path)
    assert loaded.policy is not None
    assert not loaded.warnings
    warned = {found.check for found in lint(loaded) if found.severity != "info"}
    assert warned == ({"request-received-kept"} if path.stem.startswith("1") else set())


@pytest.mark.shared
@pytest.mark.skipif(not LOG.exists(), reason="no ../shared/data/audit/full.jsonl.zst")
def test_figures_are_what_simulate_says():
    loaded = {name: load_policy(ROOT / name).policy for name in STEPS}
    simulations = {name: Simulation(policy, pack=False) for name, policy in loaded.items() if policy is not None}
    for line in read_lines(LOG):
        decoded = decode(line.data)
        for simulation in simulations.values():
            simulation.add_decoded(decoded)
    totals = {name: one.total for name, one in simulations.items()}
    assert {name: (total.events_kept, total.bytes_kept) for name, total in totals.items()} == STEPS
