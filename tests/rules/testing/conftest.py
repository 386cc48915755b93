"""Two small rules, and a way to run a text of tests against them."""

import pytest

from lanner.rules.falco.documents import link_texts
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


def read_plain(path):
    """Give the lines of a plain file; what else there is belongs to another room."""
    return ((f"{path.name}:{number}", line) for number, line in enumerate(path.read_bytes().splitlines(), 1))


@pytest.fixture
def rules():
    """The rules above, loaded anew."""
    loaded, linker = link_texts([("rules.yaml", RULES)])
    loaded.require()
    return RuleSets(loaded.rules, linker)


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
        return list(Runner(read_plain, coverage).run(TestFile(path), rules))

    return run


@pytest.fixture
def event():
    """Make an event out of what differs from a usual one."""
    return lambda **change: next(make_events(SKELETON, [change])).event
