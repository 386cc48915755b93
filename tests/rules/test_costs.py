"""What is tried first."""

from __future__ import annotations

from lanner.rules import ir
from lanner.rules.costs import cost
from lanner.rules.falco.condition import parse_condition


def test_the_head_costs_less_than_a_body_and_a_body_less_than_a_pattern_in_it():
    ranked = [
        "ka.verb = get",
        "ka.verb regex g.*",
        "ka.req.pod.host_network = true",
        "tolower(ka.req.pod.host_network) glob a",
    ]
    costs = [cost(parse_condition(text)) for text in ranked]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)


def test_what_only_asks_whether_a_value_is_there_costs_its_reading():
    texts = ["not ka.verb exists", "ka.req.pod.host_network exists", "ka.verb = val(ka.uri)"]
    assert [cost(parse_condition(text)) for text in texts] == [0, 4, 2]
    assert cost(ir.Macro("m")) == 0
