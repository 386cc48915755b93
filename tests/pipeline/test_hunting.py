"""A hunt gives the alerts of a replay: rules of Falco and of lanner, all and first matches, windows, odd events."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner import content
from lanner.archive.importing import importer
from lanner.archive.row import Row
from lanner.archive.selection import Selection
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.detect.engine import Engine
from lanner.pipeline.hunting import hunt_rules
from lanner.pipeline.replay import Replay
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.rules.falco.documents import load_texts
from lanner.rules.loading import load_files
from lanner.rules.loading import load_texts as load_all
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[3] / "shared" / "data"
LOG = SHARED / "audit" / "full.jsonl.zst"
FALCO = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"


def imported(log, folder):
    archive = Archive.open(ArchiveSettings(), folder)
    with importer(archive, ArchiveSettings()) as imports:
        imports.run(str(log), lambda: read_lines(log))
    return archive


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    if not LOG.exists():
        pytest.skip("shared test data are not here")
    archive = imported(LOG, tmp_path_factory.mktemp("full"))
    yield archive
    archive.close()


def hunted(archive, engine, selection=Selection()):  # noqa: B008 - frozen
    with hunt_rules(archive, engine, selection) as hunt:
        return list(hunt.alerts), hunt


def replayed(log, engine):
    run = Replay([log], print)
    rules = RuleSet(tuple(engine.rules), engine._matching, "", "json", tuple(engine.correlations))
    return [alert for part in run.run(engine, rules, lambda _: None) for alert in part]


def plain(alerts):
    rows = [msgspec.json.decode(alert) for alert in alerts]
    for row in rows:
        row["lanner"].pop("event", None)
    return rows


@pytest.mark.shared
@pytest.mark.parametrize("matching", ["all", "first"])
@pytest.mark.parametrize("rules", [FALCO, content.FOLDER], ids=["falco", "lanner"])
def test_a_hunt_gives_the_alerts_of_a_replay(full, rules, matching):
    """Each rule of Falco's file and each of lanner's own, byte for byte, in the order of the log."""
    if not rules.exists():
        pytest.skip("shared test data are not here")
    loaded = load_files([rules]).require()
    engine = Engine(loaded.rules, matching=matching)
    alerts, hunt = hunted(full, engine)
    assert plain(alerts) == plain(replayed(LOG, engine))
    assert 0 < len(hunt.refused) < len(engine.rules) / 2
    assert hunt.candidates < 5 * len(alerts)  # some of lanner's own hold repetitions back
    if loaded.correlations:
        engine = Engine(loaded.rules, correlations=loaded.correlations, matching=matching)
        assert plain(hunted(full, engine)[0]) == plain(replayed(LOG, engine))


RULE = """
- rule: any
  desc: d
  condition: {}
  output: "%ka.verb %ka.target.name"
  priority: INFO
  source: k8s_audit
"""


def one_rule(condition):
    return Engine(load_texts([("rules.yaml", RULE.format(condition))]).require())


@pytest.fixture
def archive(tmp_path):
    opened = Archive.open(ArchiveSettings(), tmp_path / "archive")
    yield opened
    opened.close()


def row(number, day=1, text=None):
    line = (
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-{number}","stage":"Panic",'
        f'"verb":"get","user":{{"username":"u"}},"objectRef":{{"resource":"pods","name":"p{number}"}},'
        f'"stageTimestamp":"2026-01-{day:02}T00:00:00.000000Z"}}'
    )
    return Row(raw=text or line.encode(), source="s", ordinal=number)


def names(found):
    return [msgspec.json.decode(alert)["output"] for alert in found[0]]


def test_a_hunt_is_bounded_in_time(archive):
    """From a time on and before another; days without events in between are not looked at."""
    archive.append([row(day, day) for day in range(1, 6)])
    bounds = Selection(since=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), until=dt.datetime(2026, 1, 4, tzinfo=dt.UTC))
    assert names(hunted(archive, one_rule("ka.verb = get"), bounds)) == ["get p2", "get p3"]


def test_events_that_columns_do_not_tell_are_decided_all_the_same(archive):
    """A verb that is null is the text null in Falco, and no column says so."""
    text = (
        b'{"kind":"Event","verb":null,"objectRef":{"name":"x"},"stage":"Panic","auditID":"a",'
        b'"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
    )
    archive.append([row(1), row(2, text=text)])
    assert names(hunted(archive, one_rule("ka.verb = 'null'"))) == ["null x"]


def test_events_come_in_the_order_of_their_arrival(archive):
    """Over several files, and whatever their times are."""
    archive.append([row(3, 1), row(1, 9)])
    archive.append([row(2, 5)])
    assert names(hunted(archive, one_rule("ka.verb exists"))) == ["get p1", "get p2", "get p3"]


@pytest.mark.parametrize("condition", ["ka.verb in ()", "ka.verb = nope", "evt.num = 7"])
def test_nothing_is_found_where_nothing_matches(archive, condition):
    """A condition that is never true, one that no event meets, and one that the engine alone decides on."""
    archive.append([row(1)])
    assert names(hunted(archive, one_rule(condition))) == []


def test_an_empty_archive_and_an_empty_rule_set_have_no_alerts(archive):
    """Neither is an error."""
    assert names(hunted(archive, one_rule("ka.verb exists"))) == []
    archive.append([row(1)])
    assert names(hunted(archive, Engine([]))) == []


GKE = (
    b'{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"k8s.io",'
    b'"methodName":"io.k8s.core.v1.pods.get","resourceName":"core/v1/namespaces/shop/pods/p3"},'
    b'"timestamp":"2026-01-01T00:00:00.000000Z","insertId":"x"}'
)


def test_events_in_the_lines_of_providers_are_found_once(archive, tmp_path):
    """A line with a time before the event, a list of two, and an event that was made from another schema."""
    entries = [msgspec.json.encode({"message": row(number).raw.decode()}) for number in (1, 2)]
    log = tmp_path / "log"
    log.write_bytes(b'2026-01-01T00:00:00.000Z %b\n{"events":[%b,%b]}\n%b\n' % (row(0).raw, *entries, GKE))
    with importer(archive, ArchiveSettings()) as imports:
        assert imports.run("log", lambda: read_lines(log)).refused == 0
    engine = one_rule("ka.verb = get")
    assert names(hunted(archive, engine)) == ["get p0", "get p1", "get p2", "get p3"]
    assert plain(hunted(archive, engine)[0]) == plain(replayed(log, engine))


CORRELATIONS = """
title: Counted
correlation:
  {type: event_count, events: {a: ka.verb = get}, group-by: [ka.user.name], timespan: 5s, condition: {gte: 2}}
---
title: Values
correlation:
  type: value_count
  events: {a: ka.verb exists}
  group-by: [ka.user.name]
  timespan: 5s
  condition: {field: ka.verb, gte: 2}
---
title: Ordered
correlation:
  {type: temporal_ordered, events: {a: ka.verb = get, b: ka.verb = list}, group-by: [ka.user.name], timespan: 5s}
---
title: Joined
correlation:
  type: join
  events: {a: ka.verb = get, b: ka.verb = list}
  where: [a.ka.user.name != b.ka.user.name]
  timespan: 5s
  suppress: 1s
---
title: New
correlation:
  {type: first_seen, events: {a: ka.verb exists}, group-by: [ka.user.name], field: ka.verb, timespan: 1d, learn: 1}
---
title: Alone
correlation:
  type: temporal
  events: {a: ka.verb = get, b: ka.verb = list}
  condition: a and not b
  group-by: [ka.user.name]
  timespan: 5s
---
title: Unanswered
correlation: {type: absence, events: {a: ka.verb = get, b: ka.verb = list}, group-by: [ka.user.name], timespan: 3s}
"""
CHAINED = """
---
title: Watched and counted
correlation:
  type: temporal_ordered
  rules: [Counted, watched]
  events: {watched: ka.verb = watch}
  group-by: [ka.user.name]
  timespan: 20s
---
title: Anybody counted twice
correlation:
  type: value_count
  rules: [Counted, Unanswered]
  timespan: 1m
  condition: {field: ka.user.name, gte: 2}
---
title: Top
correlation: {type: temporal, rules: [Watched and counted, Anybody counted twice], timespan: 1m, generate: true}
"""
SEQUENCES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["get", "list", "watch"]), st.sampled_from("uv")), max_size=25
)


@settings(max_examples=15, deadline=None)
@given(SEQUENCES, st.sampled_from(["", CHAINED]))
def test_correlations_have_the_same_alerts_in_a_hunt_as_on_replay(rows, chained):
    """Random sequences in the order of their time, archived in two commits; every kind that remembers, and chains."""
    lines = [
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"id-{number}","stage":"ResponseComplete",'
        f'"verb":"{verb}","user":{{"username":"{user}"}},'
        f'"stageTimestamp":"2026-01-01T00:00:{half // 2:02}.{half % 2 * 500_000 + number:06}Z"}}'.encode()
        for number, (half, verb, user) in enumerate(sorted(rows, key=lambda row: row[0]))
    ]
    loaded = load_all([("c.yaml", CORRELATIONS + chained)]).require()
    engine = Engine([], correlations=loaded.correlations)
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        log.write_bytes(b"".join(line + b"\n" for line in lines))
        archive = Archive.open(ArchiveSettings(), Path(folder) / "archive")
        stored = [Row(raw=line, source="s", ordinal=number) for number, line in enumerate(lines)]
        for part in (stored[: len(stored) // 2], stored[len(stored) // 2 :]):
            if part:
                archive.append(part)
        assert plain(hunted(archive, engine)[0]) == plain(replayed(log, engine))
        archive.close()
