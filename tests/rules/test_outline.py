"""Outlines of conditions and the text of their checks."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings

from lanner.rules import ir
from lanner.rules.falco.condition import parse_condition
from lanner.rules.loading import load_texts as load_all
from lanner.rules.outline import check_text, literal_text, outline_of

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parent / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


@settings(deadline=None)
@given(strategies.conditions)
def test_an_outline_means_the_same_as_its_condition(condition):
    assert outline_of(condition).condition == condition


def test_the_kinds_of_parts():
    outline = outline_of(parse_condition("ka.verb = get and not (ka.uri exists or ka.stage = x)"))
    assert (outline.kind, [part.kind for part in outline.parts]) == ("and", ["check", "not"])
    (inner,) = outline.parts[1].parts
    assert (inner.kind, [part.text for part in inner.parts]) == ("or", ["ka.uri exists", "ka.stage = x"])


def test_a_macro_that_was_not_resolved_is_refused():
    with pytest.raises(ValueError, match="macro m was not resolved"):
        outline_of(ir.Macro("m"))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("ka.verb in (get, list)", "ka.verb in (get, list)"),
        ('ka.verb = "two words"', 'ka.verb = "two words"'),
        ("ka.uri contains '\"a\":'", r'ka.uri contains "\"a\":"'),
        ("tolower(ka.verb) startswith x", "tolower(ka.verb) startswith x"),
        ("ka.uri.param[command] = sh", "ka.uri.param[command] = sh"),
        ('join("-", (ka.verb, ka.stage)) exists', "join(-, (ka.verb, ka.stage)) exists"),
        ("ka.verb = val(ka.stage)", "ka.verb = val(ka.stage)"),
        ("ka.verb in ()", "ka.verb in ()"),
        ("ka.verb in (a, b, c, d, e, f)", "ka.verb in (a, b, c, d, … 2 more)"),
        ("ka.verb in (x, a, b, c, a)", "ka.verb in (x, abc, a)"),
    ],
)
def test_checks_in_words(condition, text):
    lists = {"abc": ("a", "b", "c"), "ab": ("a", "b"), "none": ()} if "x, a" in condition else {}
    assert check_text(parse_condition(condition), lists) == text


def test_a_long_literal_is_cut():
    assert literal_text("a" * 200) == '"' + "a" * 80 + '…"'
    assert literal_text("") == '""'


def test_parts_of_a_sigma_rule_are_called_as_their_detections_and_filters():
    """Also where `and` joined their checks with others; what a part means is in no way changed by its name."""
    text = """
title: t
logsource: {product: kubernetes}
detection:
  secrets: {objectRef.resource: secrets, verb: [get, list]}
  ours: {user.username: ci}
  theirs: {user.username: cd, verb: list}
  condition: secrets and not ours and not theirs
---
title: f
logsource: {product: kubernetes}
filter: {rules: any, x: {verb: watch}, y: {verb: patch}, condition: not x and not y}
"""
    (rule,) = load_all([("s.yaml", text)]).require().rules
    outline = outline_of(rule.condition, rule.named)
    assert list(ir.checks_in(outline.condition)) == list(ir.checks_in(rule.condition))
    secrets, ours, theirs, filter_ = outline.parts
    assert [(part.kind, part.name) for part in (secrets, filter_)] == [("macro", "secrets"), ("macro", "filter 'f'")]
    assert [part.parts[0].name for part in (ours, theirs)] == ["ours", "theirs"]
    assert [part.text for part in secrets.parts[0].parts] == ["ka.target.resource = secrets", "ka.verb in (get, list)"]
