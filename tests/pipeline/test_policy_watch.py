"""The watch over the audit policy on the live stream: its file, its sample, its alerts."""

from __future__ import annotations

import os
import time

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.detect.alert import decode_alert, encode_alert
from lanner.pipeline.policy_watch import EVENTS_PER_SECOND, Budget, PolicyWatch
from lanner.policy.watch_settings import PolicySettings

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
METADATA = HEAD + "- level: Metadata\n"
REQUEST = HEAD + "- {level: None, users: [probe]}\n- level: Request\n"
OLD = 1_000_000_000


@pytest.fixture
def file(tmp_path):
    """The policy's file, written long ago."""
    path = tmp_path / "policy.yaml"
    write(path, REQUEST, when=OLD)
    return path


def write(path, text, *, when=None):
    path.write_text(text)
    if when is not None:
        os.utime(path, ns=(when, when))


@pytest.fixture
def notes():
    return []


@pytest.fixture
def make(file, notes):
    def watch(former=None, clock=time.monotonic, **settings) -> PolicyWatch:
        return PolicyWatch(
            PolicySettings(file=str(file), **settings), "host", notes.append, former=former or {}, clock=clock
        )

    return watch


def seen(watch, *lines):
    return [warned.alert for warned in watch.alerts([one for line in lines for one in decode(line).events])]


def test_a_deviation_is_one_alert_in_the_usual_form_with_evidence(make, event, file):
    watch = make()
    (warned,) = watch.alerts([one for name in "abc" for one in decode(event(name)).events])
    alert = warned.alert
    assert warned.event == event("a")
    assert decode_alert(encode_alert(alert)) == alert
    assert (alert.rule, alert.priority, alert.source, alert.hostname) == (
        "Audit policy changed",
        "Critical",
        "k8s_audit",
        "host",
    )
    assert alert.time == "2024-05-01T10:20:30.000002000Z"
    assert (alert.lanner.audit_id, alert.lanner.stage, alert.lanner.related) == ("a", "ResponseComplete", ["a"])
    assert alert.output == (
        f"Audit policy changed: an event came at level Metadata, rules[1] ({file}:5) says Request: the API server logs "
        "less than the policy (first=eve get pods/log in shop auditID=a events=1)"
    )
    expected = {"policy.deviation": "lower-level", "policy.expected": "Request", "policy.seen": "Metadata"}
    expected |= {"policy.rule": 1, "policy.line": 5, "policy.events": 1, "ka.auditid": "a", "ka.user.name": "eve"}
    assert expected.items() <= alert.output_fields.items()
    status = watch.status()
    assert (status["compared"], status["deviations"]["lower-level"]) == (3, 3)


def test_lines_that_workers_have_decoded_give_the_same_alerts(make, event):
    lines = [event("a"), event("b")]
    assert make().alerts_of_lines(lines) == make().alerts([decode(line).events[0] for line in lines])


def test_a_changed_file_is_an_alert_that_says_what_is_no_longer_logged(make, event, file, notes):
    watch = make()
    write(file, HEAD + "- {level: None, resources: [{group: '', resources: [secrets]}]}\n- level: Request\n")
    watch.reread(asked=False)
    (alert,) = seen(watch)
    assert alert.priority == "Warning"
    assert alert.output == (
        f"Audit policy changed: the policy's file now has 2 rules that decide otherwise: {file}; less is logged of: "
        "reading a secret (Request to None), listing all secrets (Request to None)"
    )
    assert watch.status()["changes"] == 1
    assert seen(watch) == []
    assert notes == []


def test_a_file_that_means_the_same_is_read_quietly(make, event, file):
    watch = make()
    assert len(seen(watch, event("a"))) == 1
    write(file, "# a comment\n" + REQUEST)
    watch.reread(asked=True)
    assert seen(watch, event("b")) == []
    assert watch.status()["deviations"]["lower-level"] == 2


def just_now(event, level: str) -> bytes:
    """Return an event of this moment, a little later than any change of the file."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 2))
    return msgspec.json.encode(msgspec.json.decode(event("a")) | {"stageTimestamp": stamp, "level": level})


@pytest.mark.parametrize(("grace", "told"), [(600, ["file-changed"]), (0, ["file-changed", "higher-level"])])
def test_within_the_grace_time_events_may_follow_the_file_as_it_was(make, file, event, grace, told):
    watch = make(grace=grace)
    write(file, METADATA)
    watch.reread(asked=False)
    found = seen(watch, just_now(event, "Metadata"), just_now(event, "Request"))
    assert [alert.output_fields["policy.deviation"] for alert in found] == told


def test_a_change_while_lanner_was_not_running_is_told_once_it_runs(make):
    first = make().status()
    assert seen(make(former=first)) == []
    (alert,) = seen(make(former=first | {"digest": "0"}))
    assert (alert.priority, alert.lanner.audit_id) == ("Notice", "")
    assert "changed while lanner was not running" in alert.output
    assert seen(make(former=first | {"digest": "0", "file": "/other"})) == []


def test_a_file_that_is_missing_or_refused_is_noted_and_taken_up_once_it_loads(make, event, file, notes):
    file.unlink()
    watch = make()
    assert "cannot be read" in notes[0]
    write(file, HEAD + "- level: nothing\n")
    watch.reread(asked=False)
    assert "kube-apiserver would refuse" in notes[1]
    assert seen(watch, event("a")) == []
    write(file, REQUEST, when=OLD)
    watch.reread(asked=False)
    assert "loads now" in notes[2]
    assert watch.status()["digest"]


def test_a_refused_change_leaves_the_old_policy_in_force(make, event, file, notes):
    watch = make()
    write(file, "rules: [")
    watch.reread(asked=False)
    assert len(notes) == 1
    assert [alert.priority for alert in seen(watch, event("a"))] == ["Critical"]


def test_more_events_than_the_budget_are_looked_at_in_a_sample(make, event):
    watch = make(clock=lambda: 0.0)
    lines = [event(str(number)) for number in range(3 * EVENTS_PER_SECOND)]
    (alert,) = [warned.alert for warned in watch.alerts_of_lines(lines)]
    assert alert.priority == "Critical"
    assert watch.status()["compared"] == EVENTS_PER_SECOND
    assert watch.alerts_of_lines(lines) == []


def test_the_budget_fills_up_with_time():
    now = [0.0]
    budget = Budget(lambda: now[0])
    assert budget.take(10 * EVENTS_PER_SECOND) == EVENTS_PER_SECOND
    assert budget.take(1) == 0
    now[0] = 0.5
    assert budget.take(10 * EVENTS_PER_SECOND) == EVENTS_PER_SECOND // 2


def test_an_event_that_breaks_the_comparison_is_counted_and_harms_nothing(make, event, monkeypatch):
    watch = make()

    def broken(_: object) -> None:
        raise RecursionError("a defect")

    monkeypatch.setattr(watch._watch, "look", broken)
    assert seen(watch, event("a")) == []
    assert watch.status()["failures"] == 1


def test_silence_has_its_last_event_as_evidence_and_no_event_behind_it(make, event, file):
    write(file, HEAD + "- {level: Metadata, omitStages: [RequestReceived]}\n", when=OLD)
    watch = make(learn=10, quiet=5, rearm=0)
    document = msgspec.json.decode(event("a"))

    def at(second: int, **keys: object) -> bytes:
        stamp = f"2024-05-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"
        return msgspec.json.encode(document | {"stageTimestamp": stamp} | keys)

    for second in range(20):
        watch.alerts_of_lines([at(second, auditID=f"s{second}", objectRef={"resource": "secrets"})])
    found = watch.alerts_of_lines([at(second) for second in range(20, 1900)])
    (warned,) = [one for one in found if one.alert.output_fields["policy.deviation"] == "gone-silent"]
    assert (warned.event, warned.alert.lanner.audit_id) == (b"{}", "s19")
