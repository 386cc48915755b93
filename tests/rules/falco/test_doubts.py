"""Warnings about conditions that load."""

import pytest

from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.doubts import (
    compares_with_na,
    deprecated_in_condition,
    deprecated_in_output,
    doubtful_values,
    foreign_fields,
)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("ka.verb = ka.target.name", "'ka.target.name' may be a valid field misused as a const string value"),
        ('ka.verb = "ka.uri.param[x] "', "'ka.uri.param[x] ' may be a valid field misused as a const string value"),
        (
            'ka.verb = "toupper(ka.verb)"',
            "'toupper(ka.verb)' may be a valid field transformer misused as a const string value",
        ),
        (
            "ka.verb regex '.*abc'",
            (
                "regex check with '.*abc' may be optimized with simpler operators such as "
                "'=', 'contains', 'startswith', 'endswith'"
            ),
        ),
    ],
)
def test_values_that_look_like_something_else_are_named(condition, message):
    assert [text for text, _offset in doubtful_values(parse_condition(f"not (ka.uri exists and {condition})"))] == [
        message
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "ka.verb regex 'a.c'",
        "ka.verb regex '^a|b$'",
        "ka.verb = ka.nope",
        "ka.verb = val(ka.target.name)",
        "ka.verb = a.b",
    ],
)
def test_plain_values_are_left_alone(condition):
    assert list(doubtful_values(parse_condition(condition))) == []


def test_a_comparison_with_na_is_seen():
    assert compares_with_na(parse_condition('ka.verb = get or ka.uri in (x, "<NA>")'))
    assert compares_with_na(parse_condition('tolower(ka.verb) != "<NA>"'))
    assert not compares_with_na(parse_condition('ka.verb contains "<NA>"'))
    assert not compares_with_na(parse_condition('evt.source = "<NA>"'))


def test_deprecated_fields_are_told_in_falcos_order_where_falco_looks_for_them():
    """On the left, and on the right only of equalities of audit fields; in outputs wherever the letters stand."""
    condition = parse_condition("evt.latency.s exists and ka.verb = val(evt.dir) and ka.uri contains val(evt.latency)")
    assert [message[:30] for message in deprecated_in_condition(condition)] == [
        "due to the drop of enter event",
        "field is not available due to ",
    ]
    assert [message.split("'")[1] for message in deprecated_in_output("an evt.latency.ns")] == [
        "evt.latency",
        "evt.latency.ns",
    ]


def test_fields_that_system_calls_cannot_have_are_found_on_both_sides_and_inside_transformers():
    condition = parse_condition("evt.num > 1 and toupper(ka.verb) = val(ct.user) and not json.value[/a] exists")
    assert [name for name, _offset in foreign_fields(condition)] == ["ka.verb", "ct.user"]


def test_comparing_with_na_is_warned_of_when_a_rule_loads():
    from lanner.rules.falco.documents import load_texts

    text = "- rule: A\n  desc: d\n  condition: ka.verb = '<NA>' and ka.uri = ka.verb\n"
    (result,) = load_texts([("a", text + "  output: x\n  priority: INFO\n  source: k8s_audit\n")]).results
    assert [found.code for found in result.warnings] == ["LOAD_UNSAFE_NA_CHECK", "LOAD_COMPILE_CONDITION"]
