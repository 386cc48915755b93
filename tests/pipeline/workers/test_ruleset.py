"""Rules on their way to a worker."""

from __future__ import annotations

import msgspec

from lanner.audit.decode import decode
from lanner.detect.alert import decode_alert
from lanner.pipeline.workers.ruleset import FORMS, RuleSet, text_line


def test_unpacked_rules_are_the_same_and_match_the_same(rules, event):
    one = rules()
    other = RuleSet.unpack(one.packed)
    assert other == one
    (found,) = decode(event("a", attack=True)).events
    assert one.engine().process(found) == other.engine().process(found) != []


def test_an_encoded_alert_is_read_back_equal_and_a_line_of_text_stays_one(rules, event):
    (found,) = decode(event("a", attack=True)).events
    (alert,) = rules().engine().process(found, 7)
    assert decode_alert(FORMS["json"](alert)) == alert
    big = msgspec.structs.replace(alert, output_fields={"n": 2**80, "list": ["x"], "none": None}, output="a\nb")
    assert decode_alert(FORMS["json"](big)) == big
    assert text_line(big) == b"2024-05-01T10:20:30.000002000Z: Warning a\\nb"
