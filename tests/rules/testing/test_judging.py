"""Expectations hold on to little of what they see."""

from lanner.rules.testing.form import Expected
from lanner.rules.testing.judging import ALERTS_KEPT, MAX_OBJECTS, Alerted, Ban, Watch
from lanner.rules.testing.objects import ObjectName


def alerts(count):
    return [Alerted(f"event {n}", ObjectName("", "pods", str(n)), f"said {n}", {}) for n in range(count)]


def test_a_watch_finds_what_it_wants_among_any_number_of_alerts_and_keeps_few(rules):
    wanted = Watch(Expected(rule="Gets", output=f"said {MAX_OBJECTS + 50}"), rules.plain.rule("Gets"))
    for alerted in alerts(MAX_OBJECTS + 100):
        wanted.see(alerted)
    assert list(wanted.problems()) == []
    assert (len(wanted._kept), len(wanted._seen)) == (ALERTS_KEPT, MAX_OBJECTS)


def test_a_ban_counts_all_and_keeps_few():
    ban = Ban("Gets")
    for alerted in alerts(1000):
        ban.see(alerted)
    (problem,) = ban.problems()
    assert (problem.got, len(problem.details), len(ban._broken)) == (1000, 11, 10)
