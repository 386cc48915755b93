"""Proposals as Falco exceptions."""

from __future__ import annotations

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.rules.compile import compile_conditions
from lanner.rules.loading import load_texts
from lanner.rules.suggest.proposals import Proposal, _usable
from lanner.rules.suggest.sightings import AGENT, IMAGES, USER
from lanner.rules.suggest.writing import write_exceptions

RULES = '- {rule: "Any: pod", condition: ka.verb = create, output: o, priority: NOTICE, desc: d, source: k8s_audit}\n'
TEXTS = st.text(min_size=1, max_size=40) | st.sampled_from(
    [
        "in",
        "null",
        "yes",
        "1e5",
        "127.0.0.1",
        "::1",
        "(a)",
        "a, b",
        "a=b",
        "'",
        "#",
        "$Format",
        "- x",
        "%ka.verb",
        "[a]",
    ]
)


def proposal(fields, *rows):
    counts = {"silenced": 3, "alerts": 4, "silenced_rest": 1, "alerts_rest": 2}
    return Proposal(rule="Any: pod", priority="Notice", fields=fields, rows=rows, **counts)


def event(user, agent, images=("x",)):
    containers = [{"name": "c", "image": image} for image in images]
    text = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": "1",
        "stage": "ResponseComplete",
        "verb": "create",
        "user": {"username": user},
        "userAgent": agent,
        "stageTimestamp": "2026-01-02T03:04:05.678901Z",
        "objectRef": {"resource": "pods"},
        "requestObject": {"kind": "Pod", "spec": {"containers": containers}},
    }
    (found,) = decode(msgspec.json.encode(text)).events
    return found


def fires(written, found):
    loaded = load_texts([("rules.yaml", RULES), ("suggested.yaml", written)]).require()
    return bool(compile_conditions([rule.condition for rule in loaded.rules]).match(found))


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_written_silences_its_values_and_no_others(user, agent, other):
    assume(all(map(_usable, (user, agent, other))) and other != agent)
    written = write_exceptions([proposal((USER, AGENT), (user, agent))])
    assert not fires(written, event(user, agent))
    assert fires(written, event(user, other))
    assert fires(written, event(f"{user}x", agent))


def test_images_are_silenced_only_when_all_are_in_the_list():
    written = write_exceptions([proposal((USER, IMAGES), ("u", ("x/a", "b")))])
    assert not fires(written, event("u", "", ("x/a:1", "b:2")))
    assert fires(written, event("u", "", ("x/a:1", "evil")))


def test_exceptions_of_one_rule_stand_in_one_item_each_with_what_it_opens():
    written = write_exceptions([proposal((USER,), ("a",)), proposal((USER,), ("b",))])
    assert written.count("- rule:") == 1
    assert "# Silences 3 of 4 alerts in the baseline, 1 of 2 after it.\n    # Whoever holds" in written
    assert not fires(written, event("a", ""))
    assert not fires(written, event("b", ""))


def test_without_proposals_nothing_is_written():
    assert write_exceptions([]) == ""
