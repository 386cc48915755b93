"""Detection over finished logs; what a user sees of it is tested with the command line."""

from __future__ import annotations

import pytest

from lanner.errors import SourceError
from lanner.pipeline import replay as module
from lanner.pipeline.replay import REASONS_SHOWN, Counts, Replay, counts_events
from lanner.pipeline.workers.protocol import Answer, Failure, Parts, RefusedPart
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task
from lanner.rules.falco.documents import load_texts
from lanner.sources.lines import Line
from lanner.sources.pieces import Piece

RULE = """
- macro: counted
  condition: evt.num > 1
- rule: R
  desc: d
  condition: {condition}
  output: "{output}"
  priority: INFO
  source: k8s_audit
"""


@pytest.mark.parametrize(
    ("condition", "output", "wanted"),
    [("ka.verb exists", "x", False), ("ka.verb exists and counted", "x", True), ("ka.verb exists", "%evt.num", True)],
)
def test_rules_that_need_the_number_of_an_event_are_known(condition, output, wanted):
    assert counts_events(load_texts([("r", RULE.format(condition=condition, output=output))]).rules) is wanted


def test_reasons_are_bounded_and_each_is_shown_where_it_was_met_first():
    counts = Counts()
    for number in range(REASONS_SHOWN + 5):
        counts.refuse(f"reason {number}", f"a:{number}")
        counts.refuse(f"reason {number}", "later")
    assert counts.refused == 2 * (REASONS_SHOWN + 5)
    assert len(counts.reasons) == REASONS_SHOWN + 1
    assert counts.first["reason 3"] == "a:3"
    assert counts.reasons["other reasons"] == 10


def test_what_a_worker_could_not_do_is_told_with_its_place():
    told: list[str] = []
    run = Replay([], told.append)
    piece = Piece([b"{}\n", b"{}"], 40, file="a.log")
    for task in (
        Task(1, [], RuleSet(()), piece, piece=piece),
        Task(2, [b"{}"] * 2, RuleSet(()), batch := module._Batch("b.log"), numbers=[7, 9]),
    ):
        batch.numbers = [7, 9]
        task.blame(1)
        task.blame(1)
        run._note_deadly(task, 1)
        refused = RefusedPart(task.refused[1], 0, 2)
        task.answer = Answer(3, [(0, b"alert")], [Parts(1, 9, [], [refused])], [Failure(2, "id-2", "Traceback")], 1)
        assert run._taken(task) == [b"alert"]
    assert [text.split(": it kills")[0] for text in told if "it kills" in text] == ["error: a.log:42", "error: b.log:9"]
    assert sum("id-2" in text for text in told) == 2
    counts = run.counts
    assert (counts.events, counts.failures, counts.render_errors, counts.refused) == (6, 2, 2, 2)
    assert set(counts.first.values()) == {"a.log:9"}


def test_lines_are_gathered_by_file_and_size_and_given_before_a_damage(monkeypatch):
    monkeypatch.setattr(module, "BATCH_LINES", 2)
    lines = [Line(number, 0, b"x", 1, number == 2, "a" if number < 5 else "b") for number in range(1, 6)]

    def parts():
        yield from lines[:2]
        yield Piece([b"{}"], 2)
        yield from lines[2:]
        raise SourceError("cut")

    found: list[object] = []
    with pytest.raises(SourceError):
        found.extend(module._batches(parts()))
    batches = [one for one in found if not isinstance(one, Piece)]
    assert [(one.file, one.numbers, one.refused) for one in batches] == [
        ("a", [1, 2], {1: "too long"}),
        ("a", [3, 4], {}),
        ("b", [5], {}),
    ]
    assert isinstance(found[1], Piece)
