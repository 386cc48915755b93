"""What is seeded from the archive knows what it would know had it watched the events live."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lanner.archive.row import Row
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.config.folders import DataFolder
from lanner.detect.habits import HabitSettings
from lanner.errors import GroundError
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline import seeding
from lanner.pipeline.ingest import Detector
from lanner.pipeline.ingest_process import build_engine
from lanner.pipeline.seeding import seed
from lanner.settings.model import RulesSettings, Settings
from lanner.state.lock import held
from lanner.state.spool import Record, SpoolWriter
from lanner.state.store import Commit, Store

START = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=12)
RULES = """
- rule: Read
  desc: x
  condition: ka.verb = get
  output: x
  priority: WARNING
  source: k8s_audit
"""
CORRELATIONS = """
title: Often
correlation:
  type: event_count
  events: {a: ka.verb = get}
  group-by: [ka.user.name]
  timespan: 3d
  condition: {gte: 3}
  suppress: 1d
---
title: New address
correlation:
  type: first_seen
  events: {a: ka.verb exists}
  group-by: [ka.user.name]
  field: lanner.address
  learn: 2
  timespan: 5d
---
title: Joined
correlation:
  type: join
  events: {a: ka.verb = create, b: ka.verb = list}
  where: [a.lanner.address != b.lanner.address]
  timespan: 4d
  incident-of: a
---
title: Unanswered
correlation: {type: absence, events: {a: ka.verb = create, b: ka.verb = delete}, group-by: [ka.user.name], timespan: 1d}
"""


def event(number, hours, user="u", verb="get", address="192.0.2.1"):
    time = START + dt.timedelta(hours=hours, milliseconds=number)
    return msgspec.json.encode(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": f"id-{number}",
            "stage": "ResponseComplete",
            "verb": verb,
            "user": {"username": user},
            "sourceIPs": [address],
            "objectRef": {"resource": "secrets", "namespace": "shop"},
            "stageTimestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
    )


class Place:
    """A data folder with an archive and rules."""

    def __init__(self, root):
        rules = [root / "rules.yaml", root / "correlations.yaml"]
        for path, text in zip(rules, (RULES, CORRELATIONS), strict=True):
            path.write_text(text)
        self.folder = DataFolder(root / "data")
        self.settings = Settings(
            data=str(self.folder.root),
            rules=RulesSettings(files=tuple(map(str, rules)), content=False),
            habits=HabitSettings(learn="48h"),
        )

    def archive(self, lines, sequence=None):
        with closing(Archive.open(self.settings.archive, self.folder.archive)) as archive:
            sources = ["b", "a"]
            rows = [Row(raw=line, source=sources[n % 2], ordinal=n) for n, line in enumerate(lines)]
            archive.append(rows, sequence=sequence)

    def seed(self, since=START):
        shares = []
        found = seed(self.settings, self.folder, since, shares.append, print)
        assert shares == sorted(shares)
        return found

    def detector(self):
        return Detector(build_engine(self.settings), Throttle(ThrottleSettings()), habits=self.settings.habits)

    def seeded(self):
        detector = self.detector()
        with closing(Store(self.folder.state)) as store:
            detector.remember(*store.memory())
        return detector


def told(detector, lines):
    alerts = [new.alert for line in lines for new in detector.look_at(decode(line).events)[0]]
    alerts += [new.alert for new in detector.pass_time(10 * 86_400 * 10**9)]
    for alert in alerts:
        alert.lanner.incident = alert.lanner.incident_priority = ""  # incidents are not seeded
    return sorted(map(repr, alerts))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 11 * 24),
        st.sampled_from("uv"),
        st.sampled_from(["get", "get", "create", "list", "delete"]),
        st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    ),
    min_size=1,
    max_size=30,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@given(ROWS, st.integers(0, 30), st.booleans())
@hypothesis_settings(max_examples=8, deadline=None)
def test_alerts_after_seeding_are_those_of_a_life_that_saw_it_all(rows, cut, late):
    lines = [event(number, *row) for number, row in enumerate(rows)]
    before, after = lines[:cut] or [event(99, 0, verb="watch")], lines[cut:]
    if late:  # those of one hour are milliseconds apart: within the time in which events are put in order
        before = [before[n] for n in sorted(range(len(before)), key=lambda n: (rows[n][0], -n))]
    with TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.archive(before)
        place.seed()
        live = place.detector()
        for line in before:
            live.look_at(decode(line).events)
        assert told(place.seeded(), after) == told(live, after)


def test_seeding_again_changes_nothing_and_forgets_what_was_remembered_before(place):
    place.archive([event(number, number * 6) for number in range(20)])
    first = place.seed()
    with closing(Store(place.folder.state)) as store:
        body, hits, alerts = store.memory()
    assert (first.events, hits, alerts) == (20, [], [])
    assert first.habits == 2  # of the rule and of a correlation
    assert place.seed() == first
    with closing(Store(place.folder.state)) as store:
        assert store.memory()[0] == body


def test_parts_of_a_large_archive_are_looked_at_one_after_the_other(place, monkeypatch):
    place.archive([event(number, number * 6) for number in range(20)])
    whole = place.seed()
    with closing(Store(place.folder.state)) as store:
        body, *_ = store.memory()
    monkeypatch.setattr(seeding, "WINDOW_EVENTS", 6)
    assert place.seed() == whole
    with closing(Store(place.folder.state)) as store:
        assert store.memory()[0] == body


def test_only_what_is_not_older_than_asked_is_looked_at(place):
    place.archive([event(number, number * 24) for number in range(10)])
    assert place.seed(START + dt.timedelta(days=4)).events == 6
    assert place.seed(START + dt.timedelta(days=11)).events == 0


def test_what_the_archive_does_not_have_yet_comes_from_the_spool(place):
    lines = [event(number, number) for number in range(4)]
    place.archive(lines[:2], sequence=1)
    spool = SpoolWriter(place.folder.spool, next_sequence=1)
    parts = {1: lines[:2], 2: lines[2:3], 3: lines[3:]}
    record = {"source": "s", "origin": "o", "received": 0.0, "checkpoint": {}, "rejects": []}
    spool.append(
        [Record(sequence=n, offsets=list(range(len(each))), lines=each, **record) for n, each in parts.items()]
    )
    spool.close()
    with closing(Store(place.folder.state)) as store:
        store.commit(Commit(sequence=2, checkpoints={}))
    assert place.seed().events == 3  # the third record was not detected yet: the next start does that
    with closing(Store(place.folder.state)) as store:
        assert store.sequence() == 2


def test_it_is_refused_while_lanner_runs_and_where_there_is_no_archive(place):
    with pytest.raises(GroundError, match="has no archive"):
        place.seed()
    place.archive([event(1, 1)])
    with held(place.folder.lock("ingest")), pytest.raises(GroundError, match="another lanner"):
        place.seed()


def test_what_is_ended_before_its_end_changes_nothing(place):
    place.archive([event(1, 1)])
    place.seed()
    with closing(Store(place.folder.state)) as store:
        before = store.memory()

    def stop(_share):
        raise KeyboardInterrupt

    place.archive([event(2, 2)])
    with pytest.raises(KeyboardInterrupt):
        seed(place.settings, place.folder, START, stop, print)
    with closing(Store(place.folder.state)) as store:
        assert store.memory() == before
