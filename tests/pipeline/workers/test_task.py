"""A batch under way: what its answer says, and which line is to blame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.pipeline.workers.loop import Work
from lanner.pipeline.workers.progress import Progress
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task
from lanner.sources.pieces import Piece

EVENT = b'{"kind":"Event","auditID":"%d","stage":"Panic","stageTimestamp":"2026-01-01T00:00:00Z"}'
LINE = st.recursive(
    st.one_of(
        st.integers(0, 9).map(lambda number: EVENT % number), st.sampled_from([b"", b" ", b"{}", b"1", b'"', b"\xff"])
    ),
    lambda items: st.one_of(
        st.lists(items, max_size=4).map(lambda found: b"[" + b",".join(found) + b"]"),
        st.lists(items, max_size=4).map(lambda found: b'{"kind":"EventList","items":[' + b" , ".join(found) + b"]}"),
    ),
    max_leaves=6,
)


@given(st.lists(LINE, max_size=8))
def test_events_and_refusals_are_those_of_decoding_here(lines):
    """Lists in lists, lists with rubbish in them, equal items: the places that the worker sends find them again."""
    task = Task(1, lines, RuleSet(()), None)
    progress = Progress.create()
    work = Work(progress)
    work.use(task.rules)
    task.answer = work.look_at(1, task.request(b""), lines)
    progress.close()
    expected = [(index, event.raw) for index, line in enumerate(lines) for event in decode(line).events]
    texts, places = task.events()
    assert list(zip(places, texts, strict=True)) == expected
    assert task.found.events == len(expected)
    assert list(task.refusals()) == [
        (index, refusal.reason, refusal.raw) for index, line in enumerate(lines) for refusal in decode(line).refusals
    ]


def test_a_line_is_refused_after_the_second_death_at_it():
    task = Task(1, [b"a", b"b"], RuleSet(()), None)
    assert [task.blame(line) for line in (0, 1, 1, 0)] == [None, None, 1, 0]
    assert set(task.request(b"").refused) == {0, 1}
    assert "kills detection" in task.refused[1]


def test_nothing_can_be_blamed_in_a_batch_without_lines():
    task = Task(1, [], RuleSet(()), None)
    assert [task.blame(0) for _ in range(3)] == [None] * 3


def test_a_piece_of_text_travels_whole():
    task = Task(1, [], RuleSet(()), None, piece=Piece([b"{}\n", b"{}"], 41))
    assert (task.bytes, task.request(b"").lengths, task.request(b"").before) == (5, [5], 41)
    assert task.blame(1) is None
    assert task.blame(1) == 1
