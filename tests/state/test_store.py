"""The state database: what is committed together, delivered, refused, pruned, and read while it is written."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.batch import Reject
from lanner.detect.alert import Alert, Origin, encode_alert
from lanner.errors import GroundError
from lanner.state.kept import Commit, IncidentRow, NewAlert
from lanner.state.store import Store


def alert(rule: str = "Exec in pod", priority: str = "Warning") -> Alert:
    return Alert(
        time="2024-05-01T10:20:30.000000000Z",
        rule=rule,
        priority=priority,
        source="k8s_audit",
        tags=["k8s"],
        output="exec by eve",
        output_fields={"ka.user.name": "eve"},
        hostname="h",
        lanner=Origin(audit_id="v1"),
    )


def commit(sequence: int, *rules: str, **more) -> Commit:
    alerts = [NewAlert(alert(rule), b'{"auditID":"v1"}') for rule in rules]
    return Commit(sequence=sequence, checkpoints={"file:/a": {"offset": sequence}}, alerts=alerts, **more)


def reject(sample: bytes = b"\xff\x00bad", reason: str = "not JSON (byte 3)") -> Reject:
    return Reject(source="file:/a", origin="/a", offset=9, reason=reason, size=len(sample), sample=sample)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "state.db")
    yield opened
    opened.close()


def test_a_commit_is_all_there(store):
    assert store.sequence() is None
    newest = store.commit(commit(5, "a", "b", rejects=[reject()], digests=[b"d" * 16]))
    assert newest == 2
    assert store.sequence() == 5
    assert store.checkpoints() == ({"file:/a": {"offset": 5}}, [])
    assert [(one.id, one.alert.rule) for one in store.alerts()] == [(2, "b"), (1, "a")]
    assert store.alert_event(2) == b'{"auditID":"v1"}'
    assert store.alert_event(99) is None
    assert [(one.sample, one.offset) for one in store.quarantined()] == [(b"\xff\x00bad", 9)]
    assert store.quarantine_counts() == {"not JSON": 1}
    assert store.seen([b"d" * 16, b"e" * 16]) == {b"d" * 16}


@pytest.mark.parametrize("texts", [[b""], [b"", b"a"], [b"a", b"b" * 9000, b"a"], [b"%d" % (n % 7) for n in range(70)]])
def test_each_alert_of_a_commit_has_its_event_also_where_several_share_one(store, texts):
    numbers = range(1, len(texts) + 1)
    alerts = [NewAlert(alert(f"r{number}"), text) for number, text in zip(numbers, texts, strict=True)]
    assert store.commit(Commit(sequence=1, checkpoints={}, alerts=alerts)) == len(texts)
    assert [(store.alert_event(number), store.alerts(limit=100)[-number].alert.rule) for number in numbers] == [
        (text, f"r{number}") for number, text in zip(numbers, texts, strict=True)
    ]


@pytest.mark.parametrize("bad", [alert(priority="Loud"), alert(rule="\udcff")], ids=["value", "text"])
def test_a_commit_that_breaks_in_the_middle_leaves_nothing_and_the_next_one_works(store, bad):
    broken = commit(7, "a")
    broken.alerts = [*broken.alerts, NewAlert(bad, b"{}")]
    with pytest.raises((ValueError, UnicodeEncodeError)):
        store.commit(broken)
    assert (store.sequence(), store.alerts()) == (None, [])
    store.commit(commit(7, "a"))
    assert store.sequence() == 7


def test_a_database_that_refuses_is_an_error_with_its_name_and_nothing_is_stored(tmp_path, store):
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("create trigger refuse before insert on progress begin select raise(abort, 'no room'); end")
    with pytest.raises(GroundError, match=r"state\.db: no room"):
        store.commit(commit(1, "a"))
    other.execute("drop trigger refuse")
    other.close()
    assert store.alerts() == []
    store.commit(commit(1, "a"))


def test_a_new_output_starts_with_what_comes_and_goes_on_where_it_was(store):
    store.commit(commit(1, "before"))
    store.register_output("http")
    store.commit(commit(2, "a", "b", "c"))
    waiting = store.pending("http", 2)
    assert [one.alert.rule for one in waiting] == ["a", "b"]
    store.delivered("http", waiting[-1].id, 2)
    store.register_output("http")
    assert [one.alert.rule for one in store.pending("http")] == ["c"]
    store.delivery_failed("http", "down")
    assert [(one.sent, one.error) for one in store.deliveries()] == [(2, "down")]
    store.refused("http", 4, "400")
    assert store.pending("http") == []
    assert [(one.alert_id, one.refused, one.error) for one in store.deliveries()] == [(4, 1, "400")]


def test_throttled_alerts_are_kept_but_wait_for_nobody(store):
    store.register_output("http")
    store.commit(
        Commit(
            sequence=1,
            checkpoints={},
            alerts=[NewAlert(alert("t"), b"{}", throttled=True), NewAlert(alert("u"), b"{}")],
        )
    )
    assert [one.alert.rule for one in store.pending("http")] == ["u"]
    assert len(store.alerts()) == 2


def test_an_output_that_has_been_given_the_alerts_of_a_commit_is_moved_on_by_it(store):
    store.register_output("stdout")
    store.register_output("http")
    store.commit(commit(1, "a", delivered=["stdout"]))
    assert (store.pending("stdout"), len(store.pending("http"))) == ([], 1)


def test_a_cursor_never_goes_back(store):
    store.register_output("http")
    store.commit(commit(1, "a", "b"))
    store.delivered("http", 2, 2)
    store.delivered("http", 1, 1)
    assert store.pending("http") == []


def test_outputs_that_are_no_longer_configured_are_forgotten(store):
    for name in ("old", "new"):
        store.register_output(name)
    assert store.keep_outputs(["new", "other"]) == ["old"]
    assert [one.output for one in store.deliveries()] == ["new"]


def test_alerts_are_found_by_number_priority_and_rule(store):
    store.commit(
        Commit(
            sequence=1,
            checkpoints={},
            alerts=[NewAlert(alert(r, p), b"{}") for r, p in (("a", "Critical"), ("b", "Notice"), ("a", "Debug"))],
        )
    )
    assert [one.id for one in store.alerts(least="Notice")] == [2, 1]
    assert [one.id for one in store.alerts(rule="a")] == [3, 1]
    assert [one.id for one in store.alerts(after=1, before=3)] == [2]
    assert [one.id for one in store.alerts(limit=1)] == [3]
    assert store.alert_counts() == [("a", "Critical", 1), ("a", "Debug", 1), ("b", "Notice", 1)]


def test_a_checkpoint_whose_text_is_damaged_is_named_and_the_others_hold(tmp_path, store):
    store.commit(commit(3))
    with sqlite3.connect(tmp_path / "state.db") as other:
        other.execute("insert into checkpoint values ('file:/b', '{\"offset\": 1', 3)")
    other.close()
    assert store.checkpoints() == ({"file:/a": {"offset": 3}}, ["file:/b"])


def test_prune_keeps_the_newest_alerts_and_those_that_an_output_still_waits_for(store):
    store.register_output("http")
    store.commit(commit(1, *"abcdef"))
    store.delivered("http", 2, 2)
    store.refused("http", 2, "no")
    store.prune(alerts=1, outputs=["http"], quarantine_bytes=0, seen_seconds=60)
    assert [one.id for one in store.alerts()] == [6, 5, 4, 3]
    store.delivered("http", 6, 4)
    store.prune(alerts=1, outputs=["http"], quarantine_bytes=0, seen_seconds=60)
    assert [one.id for one in store.alerts()] == [6]
    with sqlite3.connect(store._path) as other:
        assert other.execute("select count(*) from refused").fetchone() == (0,)
    other.close()


def test_prune_gives_up_what_an_output_does_not_take_for_too_long_and_says_how_much(store):
    store.register_output("http")
    store.register_output("removed from the settings")
    store.commit(commit(1, *"abcdefgh"))
    assert store.prune(alerts=1, outputs=["http"], quarantine_bytes=0, seen_seconds=60) == 3
    assert [one.id for one in store.alerts()] == [8, 7, 6, 5, 4]
    assert store.prune(alerts=1, outputs=[], quarantine_bytes=0, seen_seconds=60) == 0
    assert [one.id for one in store.alerts()] == [8]


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(0, 3000), max_size=12), bound=st.integers(0, 8000))
def test_prune_keeps_the_newest_samples_within_the_bound(tmp_path_factory, sizes, bound):
    store = Store(tmp_path_factory.mktemp("prune") / "state.db")
    try:
        random = [bytes(range(256)) * 12]
        store.commit(Commit(sequence=1, checkpoints={}, rejects=[reject(random[0][:size]) for size in sizes]))
        before = [piece.id for piece in store.quarantined(1000)]
        store.prune(alerts=1, outputs=["http"], quarantine_bytes=bound, seen_seconds=60)
        kept = [piece.id for piece in store.quarantined(1000)]
        assert kept == before[: len(kept)]
        assert len(kept) * 200 <= bound
    finally:
        store.close()


def test_prune_deletes_in_slices(store, monkeypatch):
    monkeypatch.setattr("lanner.state.store.PRUNE_SLICE", 2)
    store.commit(commit(1, *"abcdefgh"))
    store.prune(alerts=3, outputs=[], quarantine_bytes=0, seen_seconds=60)
    assert [one.id for one in store.alerts()] == [8, 7, 6]


def test_prune_forgets_old_digests(store):
    store.commit(commit(1, digests=[b"d" * 16]))
    store.prune(alerts=1, outputs=["http"], quarantine_bytes=0, seen_seconds=-1)
    assert store.seen([b"d" * 16]) == set()


def test_what_a_part_publishes_is_read_with_its_age(store):
    store.set_status("ingest", {"events": 1})
    store.set_status("ingest", {"events": 2})
    found = store.statuses()
    assert found["ingest"]["events"] == 2
    assert 0 <= found["ingest"]["age"] < 60


def test_a_reader_sees_whole_commits_while_a_writer_works(tmp_path, store):
    store.commit(commit(1))
    reader = Store(tmp_path / "state.db", read_only=True)
    done = threading.Event()

    def work() -> None:
        for sequence in range(2, 200):
            store.commit(commit(sequence, "a", "b"))
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    counts = []
    while not done.is_set():
        counts.append(sum(count for _, _, count in reader.alert_counts()))
    thread.join()
    assert all(count % 2 == 0 for count in counts)
    assert counts == sorted(counts)
    with pytest.raises(GroundError, match="readonly"):
        reader.set_status("x", {})
    reader.close()


def test_a_database_that_another_has_replaced_is_noticed(tmp_path, store):
    path = tmp_path / "state.db"
    assert not store.replaced()
    path.rename(tmp_path / "aside")
    assert not store.replaced()
    Store(path).close()
    assert store.replaced()


def test_a_closed_store_says_so(tmp_path):
    closed = Store(tmp_path / "state.db")
    closed.close()
    with pytest.raises(GroundError, match="cannot read"):
        closed.sequence()
    with pytest.raises(GroundError, match="cannot write"):
        closed.set_status("x", {})


def in_incident(number: str, rule: str) -> NewAlert:
    made = alert(rule)
    made.lanner.incident = number
    return NewAlert(made, b"{}")


def test_alerts_of_an_incident_include_those_of_what_went_into_it_and_go_when_they_are_pruned(store):
    rows = [IncidentRow("a", "1", 9, "", b"", b""), IncidentRow("b", "1", 2, "a", b"", b"")]
    rows.append(IncidentRow("c", "1", 1, "b", b"", b""))
    alerts = [in_incident(number, f"of {number}") for number in "abcd"]
    store.commit(Commit(sequence=1, checkpoints={}, alerts=alerts, incidents=rows))
    assert [one.alert.rule for one in store.incident_alerts("a")] == ["of a", "of b", "of c"]
    assert [one.id for one in store.incident_alerts("a", after=1, limit=1)] == [2]
    assert store.incident("c").id == "a"
    store.prune(alerts=2, outputs=[], quarantine_bytes=0, seen_seconds=60)
    assert [one.alert.rule for one in store.incident_alerts("a")] == ["of c"]


def test_alerts_of_a_hunt_are_found_by_its_name_until_they_are_pruned(store):
    """Also when the hunt's own memory of its matches is gone."""
    store.add_hunted("h", [(b"1", encode_alert(alert("first"))), (b"2", encode_alert(alert("second")))], now=1.0)
    alerts = [NewAlert(each.alert, b"", match=each.id) for each in store.hunted()]
    store.commit(Commit(sequence=1, checkpoints={}, alerts=[NewAlert(alert("of the stream"), b""), *alerts]))
    store.keep_hunts([])
    assert [one.alert.rule for one in store.alerts(hunt="h")] == ["second", "first"]
    assert [one.id for one in store.alerts(hunt="h", before=3, limit=1)] == [2]
    assert [one.id for one in store.alerts(hunt="h", rule="second", least="Warning")] == [3]
    assert (store.hunt_counts(), store.alerts(hunt="x")) == ({"h": 2}, [])
    store.prune(alerts=1, outputs=[], quarantine_bytes=0, seen_seconds=60)
    assert store.hunt_counts() == {"h": 1}


def test_the_worst_incidents_come_first_and_those_that_went_into_another_do_not(store):
    rows = [
        IncidentRow(number, updated, score, into, b"", b"")
        for number, updated, score, into in (
            ("a", "2", 5, ""),
            ("b", "3", 5, ""),
            ("c", "1", 9, ""),
            ("d", "9", 99, "a"),
        )
    ]
    store.commit(Commit(sequence=1, checkpoints={}, incidents=rows))
    assert [row.id for row in store.worst_incidents()] == ["c", "b", "a"]
    assert [row.id for row in store.worst_incidents(since="2", limit=1, offset=1)] == ["a"]
