"""`lanner rules test` on correlations: detection's own memory at work."""

ABSENCE = """
title: Nobody answered
correlation:
  type: absence
  events: {asked: ka.verb = create, answered: ka.verb = update}
  group-by: [ka.user.name]
  timespan: 1m
enabled: false
"""
TESTS = """
rules: [c.yaml]
tests:
- name: told when the time is over, even where it is disabled
  events: [{verb: create}, {at: 2m}]
  fires: [{rule: Nobody answered, times: 1, related: 1}]
- name: an answer holds it silent
  events: [{verb: create}, {verb: update}, {at: 2m}]
  silent: [Nobody answered]
- name: a test remembers nothing of the one before it
  events: [{verb: update}, {at: 2m}]
  silent: [Nobody answered]
- name: wrong
  events: [{verb: update}]
  fires: [Nobody answered]
"""


def test_correlations_fire_and_are_silent(run, tmp_path):
    (tmp_path / "c.yaml").write_text(ABSENCE)
    (tmp_path / "c.test.yaml").write_text(TESTS)
    result = run("test", tmp_path / "c.test.yaml")
    assert result.exit_code == 1
    assert "4 tests, 1 failed" in result.stderr
    assert (
        "'Nobody answered' did not fire; fired: nothing\n      asked: no event\n      answered: event 1"
        in result.stdout
    )


CHAIN = """
title: Twice in a row
correlation: {type: event_count, rules: [twice], timespan: 10m, condition: {gte: 2}, group-by: [ka.user.name]}
---
title: Twice
name: twice
correlation:
  type: event_count
  events: {got: ka.verb = get}
  group-by: [ka.user.name]
  timespan: 1m
  condition: {gte: 2}
  suppress: 30s
"""
CHAINED = """
rules: [c.yaml]
tests:
- name: the upper one fires by firings of the lower one, which is not told
  events: [{verb: get}, {verb: get}, {verb: get, at: 1m}, {verb: get, at: 1m}]
  fires: [{rule: Twice in a row, times: 1, related: 3}]
- name: the lower one by its name
  events: [{verb: get}, {verb: get}]
  fires: [{rule: Twice, times: 1, related: 2}]
  silent: [Twice in a row]
"""


def test_correlations_of_correlations_fire_in_tests(run, tmp_path):
    (tmp_path / "c.yaml").write_text(CHAIN)
    (tmp_path / "c.test.yaml").write_text(CHAINED)
    result = run("test", tmp_path / "c.test.yaml")
    assert result.exit_code == 0, result.stdout
