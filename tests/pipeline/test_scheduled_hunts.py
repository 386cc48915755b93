"""Hunts that are due ask the archive; each match becomes one alert, in the order of ingest's own."""

from __future__ import annotations

import datetime as dt
import threading

import msgspec
import pytest
from structlog.testing import capture_logs

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.pipeline.checks import Ground
from lanner.pipeline.checks_running import hunts as doctor
from lanner.pipeline.counts import Counts
from lanner.pipeline.ingest import Ingest
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.pipeline.scheduled_hunts import ScheduledHunts, scheduled_hunts
from lanner.settings.hunts import SavedHunt
from lanner.settings.model import RulesSettings, Settings
from lanner.state.spool import SpoolReader
from lanner.state.store import Store

NOW = dt.datetime(2024, 5, 1, 11, tzinfo=dt.UTC)
"""Half an hour after the time of the events."""
HOUR = dt.timedelta(hours=1)
RULES = """
- rule: Exec
  desc: A shell is opened in a pod
  condition: ka.verb=create and ka.target.subresource=exec
  output: exec (id=%ka.auditid)
  priority: WARNING
  source: k8s_audit
  enabled: false
"""
BY_SQL = SavedHunt(name="reads", sql="SELECT time, audit_id, verb FROM events WHERE verb = 'get'", every="1h")
BY_RULE = SavedHunt(name="shells", rules=("Exec",), every="1h")


@pytest.fixture
def archived(folder, event):
    """An archive with two reads and one attack; more can be added."""
    archive = Archive.open(ArchiveSettings(), folder.archive)

    def add(*lines: bytes) -> None:
        count = sum(task.file.record_count for task in archive.refresh().scan().plan_files())
        archive.append([Row(raw=line, source="s", ordinal=count + index) for index, line in enumerate(lines)])

    add(event("a"), event("b"), event("c", attack=True))
    yield add
    archive.close()


@pytest.fixture
def hunting(folder, archived, tmp_path):
    def make(*hunts: SavedHunt) -> ScheduledHunts:
        (tmp_path / "rules.yaml").write_text(RULES)
        rules = RulesSettings(files=(str(tmp_path / "rules.yaml"),), content=False)
        return ScheduledHunts(Settings(data=str(folder.root), hunts=hunts, rules=rules, hostname="h"), folder)

    return make


@pytest.fixture
def waiting(folder):
    """What hunts have left for ingest."""
    store = Store(folder.state)
    yield lambda: [each.alert for each in store.hunted()]
    store.close()


def test_a_row_becomes_an_alert_of_its_hunt(hunting, waiting):
    """Its columns are the fields, its `time` the time, its `audit_id` names the event."""
    hunting(BY_SQL).go_round(NOW)
    first, second = sorted(waiting(), key=lambda alert: alert.output)
    assert (first.rule, first.priority, first.tags, first.hostname) == ("reads", "Notice", ["hunt"], "h")
    assert first.output == "time=2024-05-01T10:20:30.000002Z audit_id=a verb=get"
    assert first.output_fields == {"time": "2024-05-01T10:20:30.000002Z", "audit_id": "a", "verb": "get"}
    assert (first.time, first.lanner.related) == ("2024-05-01T10:20:30.000002000Z", ["a"])
    assert second.lanner.audit_id == "b"


def test_a_row_without_time_has_that_of_the_hunt(hunting, waiting):
    """And what is null is shown as rules show it."""
    sql = "SELECT count(*) AS many, null AS nothing FROM events"
    hunting(SavedHunt(name="n", sql=sql, every="1h", priority="critical")).go_round(NOW)
    (alert,) = waiting()
    assert (alert.time, alert.priority) == ("2024-05-01T11:00:00.000000000Z", "Critical")
    assert (alert.output, alert.output_fields) == ("many=3 nothing=<NA>", {"many": 3, "nothing": None})


def test_a_rule_gives_its_own_alert_even_when_it_is_disabled(hunting, waiting):
    hunting(BY_RULE).go_round(NOW)
    (alert,) = waiting()
    assert (alert.rule, alert.priority, alert.output) == ("Exec", "Warning", "exec (id=c)")


def test_a_rule_shows_no_secret_that_an_unredacted_archive_holds(hunting, waiting, archived, event, tmp_path):
    body = b'"requestObject":{"kind":"Secret","apiVersion":"v1","data":{"key":"aHVudGVyMg=="}},"requestURI"'
    secret = event("s", attack=True).replace(b'"requestURI"', body).replace(b'"pods"', b'"secrets"')
    archived(secret)
    hunts = hunting(BY_RULE)
    (tmp_path / "rules.yaml").write_text(RULES.replace("(id=%ka.auditid)", "%ka.auditid %jevt.value[/requestObject]"))
    hunts.go_round(NOW)
    assert [alert.output[:6] for alert in waiting()] == ["exec c", "exec s"]
    assert "aHVudGVyMg" not in waiting()[1].output
    assert "lanner:redacted" in waiting()[1].output


@pytest.mark.parametrize("hunt", [BY_SQL, BY_RULE], ids=["sql", "rules"])
def test_a_match_is_told_once_also_after_a_restart(hunting, waiting, archived, event, hunt):
    hunts = hunting(hunt)
    hunts.go_round(NOW)
    before = len(waiting())
    hunts.go_round(NOW + HOUR)
    assert hunts.status()["hunts"][hunt.name]["new"] == 0
    archived(event("d"), event("e", attack=True))
    again = hunting(hunt)
    again.go_round(NOW + HOUR)
    assert again.status()["hunts"][hunt.name]["new"] == 1
    assert len(waiting()) == before + 1


def test_a_hunt_runs_when_it_is_due_and_looks_no_further_back_than_its_window(hunting, archived, event):
    hunts = hunting(BY_SQL)
    hunts.go_round(NOW)
    archived(event("d"))
    hunts.go_round(NOW + HOUR / 2)
    assert hunts.status()["hunts"]["reads"]["matches"] == 2
    hunts.go_round(NOW + HOUR)
    assert hunts.status()["hunts"]["reads"]["matches"] == 3
    hunts.go_round(NOW + 3 * HOUR)
    assert hunts.status()["hunts"]["reads"]["matches"] == 0


def test_what_is_remembered_is_bounded(hunting, store):
    """By twice the window; what ingest has not told yet stays, and a hunt that is gone is forgotten."""
    hunts = hunting(BY_SQL)
    hunts.go_round(NOW)
    hunts.go_round(NOW + 5 * HOUR)
    assert len(store.hunted()) == 2
    told = [each.id for each in store.hunted()]
    store._run("update hunted set alert = null where id = ?", (told[0],))
    hunts.go_round(NOW + 6 * HOUR)
    assert store._all("select id from hunted") == [(told[1],)]
    hunting(BY_RULE).go_round(NOW)
    assert store._all("select distinct hunt from hunted") == [("shells",)]


def test_a_hunt_that_fails_is_told_once_and_others_go_on(hunting, waiting, folder, store):
    """It is in the status and in what the doctor says, and is tried again when it is due."""
    bad = SavedHunt(name="bad", sql="SELECT nothing FROM events", every="1h")
    strange = SavedHunt(name="strange", rules=("Exce",), every="1h")
    hunts = hunting(bad, strange, BY_RULE)
    with capture_logs() as logs:
        for hour in range(2):
            hunts.go_round(NOW + hour * HOUR)
    assert [log["event"].split(":")[0] for log in logs] == ["the hunt 'bad' failed", "the hunt 'strange' failed"]
    assert "did you mean 'Exec'" in logs[1]["event"]
    assert [alert.rule for alert in waiting()] == ["Exec"]
    store.set_status("archiver", with_next(hunts, "2999-01-01T00:00:00+00:00"))
    found = list(doctor(Ground(hunts._settings)))
    assert [finding.verdict for finding in found] == ["problem", "problem", "ok"]
    assert found[0].message.startswith("'bad' failed at 2024-05-01T12:00:00+00:00: sql:1:8: ")
    assert "1 matches, 0 of them new" in found[2].message


def with_next(hunts, time):
    """The status of hunts as if all were due at a time."""
    return {"hunts": {name: {**status, "next": time} for name, status in hunts.status()["hunts"].items()}}


def test_a_hunt_that_does_not_run_when_it_is_due_is_told(hunting, store, folder, archived):
    hunts = hunting(BY_SQL)
    hunts.go_round(NOW)
    store.set_status("archiver", with_next(hunts, "2024-05-01T12:00:00+00:00"))
    (found,) = doctor(Ground(hunts._settings))
    assert (found.verdict, "'reads' was due at 2024-05-01T12:00" in found.message) == ("warning", True)


def test_what_runs_did_is_counted(hunting, archived, event):
    """Runs, failures, new matches and seconds since the start, and when it is due again."""
    hunts = hunting(BY_SQL, SavedHunt(name="bad", sql="SELECT nothing FROM events", every="1h"))
    assert hunts.status()["hunts"]["reads"]["runs"] == 0
    hunts.go_round(NOW)
    archived(event("d"))
    hunts.go_round(NOW + HOUR)
    good, bad = hunts.status()["hunts"].values()
    assert (good["runs"], good["failures"], good["new_total"], good["failing"]) == (2, 0, 3, False)
    assert (bad["runs"], bad["failures"], bad["new_total"], bad["failing"]) == (2, 2, 0, True)
    assert (good["asked"], good["next"]) == ("2024-05-01T12:00:00+00:00", "2024-05-01T13:00:00+00:00")
    assert (good["running"], good["seconds_total"] >= good["seconds"] > 0) == ("", True)


def test_a_hunt_that_works_again_says_so(hunting, tmp_path):
    hunts = hunting(BY_RULE)
    (tmp_path / "rules.yaml").write_text("- rule: Exec\n")
    with capture_logs() as logs:
        hunts.go_round(NOW)
        (tmp_path / "rules.yaml").write_text(RULES)
        hunts.go_round(NOW + HOUR)
    assert [log["log_level"] for log in logs] == ["error", "info"]


def test_too_many_matches_and_too_large_rows_are_a_problem(hunting, waiting):
    """The first of many are told all the same."""
    many = SavedHunt(name="many", sql="SELECT unnest(range(10001)) AS n", every="1h")
    large = SavedHunt(name="large", sql="SELECT repeat('x', 300000) AS x", every="1h")
    hunts = hunting(many, large)
    hunts.go_round(NOW)
    status = hunts.status()["hunts"]
    assert (status["many"]["new"], status["large"]["new"]) == (10_000, 0)
    assert "more than 10000 matches" in status["many"]["problem"]
    assert "more than 256 KB" in status["large"]["problem"]


def test_an_end_interrupts_a_hunt(hunting, until):
    """DuckDB would count for hours."""
    endless = "SELECT count(*) FROM range(10000000000) a, range(10000) b WHERE a.range + b.range = 1"
    hunts = hunting(SavedHunt(name="endless", sql=endless, every="1h"))
    thread = threading.Thread(target=hunts.go_round, args=(NOW,))
    thread.start()
    until(lambda: "endless" in hunts._asked)
    hunts._stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert (hunts.status()["hunts"]["endless"]["runs"], hunts.status()["hunts"]["endless"]["running"]) == (0, "")


def test_nothing_runs_where_nothing_is_scheduled(hunting, folder):
    hunts = (msgspec.structs.replace(BY_SQL, enabled=False), SavedHunt(name="asked", sql="SELECT 1"))
    with scheduled_hunts(hunting(*hunts)._settings, folder) as running:
        assert not running._thread.is_alive()
        assert running.status() == {}


def test_the_thread_runs_beside_the_archiver(hunting, folder, until):
    """And ends with it, without waiting for its round."""
    with scheduled_hunts(hunting(BY_SQL)._settings, folder) as running:
        assert running._thread.is_alive()
    assert not running._thread.is_alive()


class TestIngest:
    """Of what hunts have left it makes alerts like any other."""

    def tell(self, wired, store):
        wired.bring_hunted(store)
        wired.rest()

    def test_an_output_that_is_not_behind_gets_each_match_once(self, wired, store, hunting):
        """From another connection to the state, before any event has come."""
        hunts = hunting(BY_SQL, BY_RULE)
        hunts.go_round(NOW)
        for _ in range(2):
            self.tell(wired, store)
        hunts.go_round(NOW + HOUR)
        self.tell(wired, store)
        assert sorted(wired.output.taken) == ["a", "b", "c"]
        assert wired._committer.close(10)
        assert len(store.alerts()) == 3
        assert {each.alert.lanner.audit_id for each in store.alerts(hunt="reads")} == {"a", "b"}
        assert store.hunt_counts() == {"reads": 2, "shells": 1}
        assert (store.hunted(), store.pending("out")) == ([], [])

    def test_they_come_before_the_alerts_of_the_next_batch(self, wired, store, hunting, event, batch):
        hunting(BY_RULE).go_round(NOW)
        wired.bring_hunted(store)
        wired.emit(batch(event("z", attack=True)))
        assert wired._committer.close(10)
        assert wired.output.taken == ["c", "z"]
        assert [each.alert.lanner.audit_id for each in store.alerts()] == ["z", "c"]
        assert store.checkpoints()[0]["file:/a"] == {"offset": 1}

    def test_an_output_that_is_behind_gets_them_from_the_store(self, wired, store, hunting, until):
        hunting(BY_RULE).go_round(NOW)
        wired._lanes[0]._behind = True
        self.tell(wired, store)
        until(lambda: wired.output.taken == ["c"])

    def test_a_match_that_was_not_committed_is_told_after_a_restart(self, wired, store, hunting, detector):
        """As any alert it is told twice rather than never."""
        hunting(BY_RULE).go_round(NOW)
        wired._committer.hold(full=True)
        self.tell(wired, store)
        wired._committer._abandon.set()
        assert [each.alert.lanner.audit_id for each in store.hunted()] == ["c"]
        restarted = Ingest(detector, wired._committer, wired._lanes, RedeliveryFilter(store), Counts())
        restarted.bring_hunted(store)
        assert [each.alert.lanner.audit_id for each in restarted._hunted] == ["c"]

    def test_its_records_hold_no_event(self, wired, store, folder, hunting):
        hunting(BY_RULE).go_round(NOW)
        self.tell(wired, store)
        assert wired._committer.close(10)
        assert [(each.source, each.lines) for each in SpoolReader(folder.spool, after=0).read()] == [("hunts", [])]
