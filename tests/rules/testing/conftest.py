"""Two small rules, and a way to run a text of tests against them."""

import pytest

from lanner.rules.falco.documents import link_texts
from lanner.rules.loading import load_texts
from lanner.rules.testing.correlating import Correlated
from lanner.rules.testing.coverage import Coverage
from lanner.rules.testing.events import SKELETON, make_events
from lanner.rules.testing.files import TestFile
from lanner.rules.testing.rulesets import RuleSets
from lanner.rules.testing.running import Runner

RULES = """
- list: quiet
  items: []
- macro: reads
  condition: ka.verb in (get, list)
- rule: Reads
  desc: d
  condition: reads and not ka.target.namespace in (quiet)
  output: "%ka.user.name reads %ka.target.name"
  priority: INFO
  source: k8s_audit
  tags: [b, a]
- rule: Sleeps
  desc: d
  condition: ka.verb = delete
  output: x
  priority: WARNING
  source: k8s_audit
  enabled: false
- rule: Gets
  desc: d
  condition: ka.verb = get and ka.target.resource = pods
  output: "%ka.verb %ka.target.name %ka.user.groups"
  priority: NOTICE
  source: k8s_audit
"""


CORRELATION = """
title: Reads in a row
level: low
tags: [a]
correlation: {type: event_count, events: {read: reads}, group-by: [ka.user.name], timespan: 1m, condition: {gte: 2}}
"""


class Counting:
    """Correlates as the correlation above says, in the place of detection, which is another room."""

    def __init__(self, correlations):
        assert [correlation.name for correlation in correlations] == ["Reads in a row"]
        self.seen = []

    def take(self, event):
        """Fire at the second event within a minute, and at each after it."""
        self.seen = [time for time in self.seen if event.time_ns - time <= 60 * 10**9] + [event.time_ns]
        if len(self.seen) > 1:
            yield Correlated("Reads in a row", event, f"{len(self.seen)} reads", {"n": 1}, len(self.seen))

    def finish(self):
        """Fire no more."""
        return iter(())


def read_plain(path):
    """Give the lines of a plain file; what else there is belongs to another room."""
    return ((f"{path.name}:{number}", line) for number, line in enumerate(path.read_bytes().splitlines(), 1))


@pytest.fixture
def rules():
    """The rules above, loaded anew."""
    loaded, linker = link_texts([("rules.yaml", RULES)])
    loaded.require()
    correlations = load_texts([("rules.yaml", RULES), ("correlations.yaml", CORRELATION)]).correlations
    return RuleSets(loaded.rules, linker, correlations)


@pytest.fixture
def coverage(rules):
    """A tally that knows the rules."""
    tally = Coverage()
    tally.register(rules)
    return tally


@pytest.fixture
def outcomes(tmp_path, rules, coverage):
    """Run a text of tests."""

    def run(text):
        path = tmp_path / "a.test.yaml"
        path.write_text(text)
        return list(Runner(read_plain, coverage, Counting).run(TestFile(path), rules))

    return run


@pytest.fixture
def event():
    """Make an event out of what differs from a usual one."""
    return lambda **change: next(make_events(SKELETON, [change])).event
