"""The result as data: rates and money from the log's span or from a given rate, bounds, notes, rules in words."""

from __future__ import annotations

import json

import msgspec
import pytest

from lanner.policy.model import GroupResources, Level, Place, Policy, PolicyRule
from lanner.policy.prices import Price, PriceSettings
from lanner.policy.simulation import Simulation
from lanner.policy.summary import describe, summarize

POLICY = Policy(
    rules=(PolicyRule(level=Level.METADATA, verbs=("get",), place=Place(4, 3)),),
    omit_stages=("RequestReceived",),
    file="p.yaml",
)
PRICES = PriceSettings(services=(Price(name="ours", per_gb=1e9),))


def event(time="2026-01-01T00:00:00.000000Z", level="Metadata", verb="get", user="me") -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": "a"}
    found |= {"stage": "ResponseComplete", "requestURI": "/", "verb": verb, "user": {"username": user}}
    found |= {"objectRef": {"resource": "pods"}, "stageTimestamp": time}
    return json.dumps(found, separators=(",", ":")).encode()


def simulated(*lines: bytes, policy=POLICY, pack=True) -> Simulation:
    simulation = Simulation(policy, pack=pack)
    for line in lines:
        simulation.add(line)
    return simulation


HALF_A_DAY = (event(), event(time="2026-01-01T12:00:00.000000Z", verb="list"))


def ours(summary) -> tuple[float, float]:
    cost = next(cost for cost in summary.money if cost.name == "ours")
    return cost.now, cost.kept


def test_a_day_and_a_month_are_the_span_repeated():
    found = summarize(simulated(*HALF_A_DAY), prices=PRICES)
    assert found.span is not None
    assert (found.span.start, found.span.seconds) == ("2026-01-01T00:00:00+00:00", 43_200)
    assert found.span.events_per_day == 4
    assert found.span.bytes_per_day_now == 2 * found.bytes_now
    days = 365.25 / 12
    assert ours(found) == pytest.approx((2 * days * found.bytes_now, 2 * days * found.bytes_kept))
    assert found.notes == []


def test_a_given_rate_and_a_scale_go_before_the_span():
    found = summarize(simulated(*HALF_A_DAY), prices=PRICES, events_per_day=2000, scale=3)
    assert found.span is not None
    assert found.span.events_per_day == pytest.approx(6000)
    assert found.span.bytes_per_day_kept == pytest.approx(3000 * found.bytes_kept)


def test_of_one_moment_no_rate_is_told_unless_it_is_given():
    found = summarize(simulated(event()))
    assert found.span is not None
    assert found.span.events_per_day is None
    assert found.money == []
    assert "give --events-per-day" in found.notes[0]
    assert summarize(simulated(event()), events_per_day=5).money


def test_an_empty_log_gives_zeros():
    found = summarize(simulated())
    assert (found.events_now, found.bytes_kept, found.span, found.money, found.api_server) == (0, 0, None, [], None)


def test_without_packing_nothing_is_said_of_it_and_money_takes_all_bytes():
    found = summarize(simulated(*HALF_A_DAY, pack=False))
    assert found.packed_now is None
    assert next(cost for cost in found.money if cost.name == "s3").now > 0


def test_lines_that_are_no_events_are_counted_by_reason():
    found = summarize(simulated(b"{", b"[1"))
    assert found.refused == sum(found.refused_reasons.values()) == 2


FULL = Policy(rules=(PolicyRule(level=Level.REQUEST_RESPONSE),))


def test_what_the_log_lacks_is_bounded_and_noted():
    like = event(level="RequestResponse")[:-1] + b',"responseObject":{"a":1}}'
    found = summarize(simulated(event(), like, policy=FULL))
    body = len(',"responseObject":{"a":1}')
    assert found.gaps.bodies == 1
    assert found.bytes_kept_most == found.bytes_kept_likely == found.bytes_kept + body + found.gaps.unseen_bytes
    assert found.gaps.unseen_events == 2
    assert [note.split()[0] for note in found.notes[:3]] == ["the", "the", "packed"]


def test_where_there_is_no_like_there_is_no_upper_bound():
    found = summarize(simulated(event(), policy=FULL))
    assert found.bytes_kept_most is None
    assert any("no upper bound" in note for note in found.notes)


def test_rules_stand_in_their_order_with_their_line_and_the_rest_is_named():
    found = summarize(simulated(*HALF_A_DAY))
    assert [(row.line, row.key, row.events_now) for row in found.by_rule] == [
        (4, "Metadata: verbs get", 1),
        (0, "no rule matches: None", 1),
    ]


def test_top_limits_users_and_largest_kept_come_first():
    lines = [event(user="small"), event(user="big"), event(user="big"), event(user="dropped", verb="list")]
    assert [row.key for row in summarize(simulated(*lines)).by_user] == ["big", "small", "dropped"]
    assert [row.key for row in summarize(simulated(*lines), top=1).by_user] == ["big"]


def test_it_is_plain_json():
    found = json.loads(msgspec.json.encode(summarize(simulated(*HALF_A_DAY))))
    assert {"bytes_now", "bytes_kept", "events_now", "events_kept"} <= set(found)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (PolicyRule(level=Level.NONE), "None: everything else"),
        (
            PolicyRule(level=Level.REQUEST, users=("a", "b"), user_groups=("g",), namespaces=("n",)),
            "Request: users a b, groups g, namespaces n",
        ),
        (
            PolicyRule(
                level=Level.METADATA,
                resources=(
                    GroupResources("", ("pods", "pods/log"), ("x",)),
                    GroupResources("apps"),
                ),
            ),
            "Metadata: resources pods(x) pods/log(x) *.apps",
        ),
        (
            PolicyRule(level=Level.NONE, non_resource_urls=("/healthz*",), omit_stages=("Panic",)),
            "None: URLs /healthz*, without Panic",
        ),
    ],
)
def test_a_rule_in_one_line(rule, text):
    assert describe(rule) == text
