"""Requests on which a formula can be true, as boxes."""

from __future__ import annotations

import pytest

from lanner.policy.coverage import boxes as module
from lanner.policy.coverage import names as part
from lanner.policy.coverage.boxes import boxes, full, united
from lanner.policy.coverage.formula import both, either
from lanner.policy.coverage.names import Names
from lanner.policy.coverage.space import TARGET, Space

SPACE = Space(Names())


def test_boxes_that_differ_in_one_variable_become_one():
    """Again and again; one that is not narrowed takes in the others."""
    assert united([{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 2}]) == [{"a": 3, "b": 3}]
    assert united([{"a": 1}, {"b": 1}]) == [{"a": 1}, {"b": 1}]
    assert united([{"a": 1, "b": 1}, {"b": 1}]) == [{"b": 1}]


def test_resources_and_urls_have_boxes_of_their_own():
    """Verbs that only one kind has are not in the other's."""
    formula = SPACE.one_of(part.VERB, ["create", "post", "get"])
    found = boxes(formula, SPACE)
    verbs = [
        [one.value for place, one in enumerate(SPACE.texts[part.VERB]) if box[part.VERB] >> place & 1] for box in found
    ]
    assert verbs == [["create", "get"], ["get", "post"]]


def test_too_many_boxes_become_one_that_holds_them_all(monkeypatch: pytest.MonkeyPatch):
    """Never fewer requests than there are."""
    monkeypatch.setattr(module, "MOST_BOXES", 1)
    pods = SPACE.target(lambda kind: kind.resource == "pods")
    secrets = SPACE.target(lambda kind: kind.resource == "secrets")
    formula = either(both(SPACE.one_of(part.VERB, ["get"]), pods), both(SPACE.one_of(part.VERB, ["list"]), secrets))
    of_resources = next(box for box in boxes(formula, SPACE) if box[TARGET] != 1)
    assert of_resources[TARGET] == full(TARGET, SPACE) & ~1
