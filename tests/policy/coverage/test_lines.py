"""A policy as formulas decides each request as the policy does."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.policy.attributes import of_event
from lanner.policy.coverage import names as part
from lanner.policy.coverage.formula import Model, reduced
from lanner.policy.coverage.lines import lines_of
from lanner.policy.coverage.names import names_of_policy
from lanner.policy.coverage.sample import class_of
from lanner.policy.coverage.space import TARGET, Space
from lanner.policy.coverage.targets import OTHER, Kind
from lanner.policy.evaluate import decide


def _model(event, space):
    """Return the classes that a request is in."""
    attributes, target = of_event(event.head), event.head.object_ref
    texts = {
        part.USER: attributes.user,
        part.VERB: attributes.verb,
        part.NAMESPACE: attributes.namespace,
        part.URI: event.head.request_uri,
    }
    domains = {name: 1 << space.texts[name].index(_class(text, space.names[name])) for name, text in texts.items()}
    shown = target.name if target and target.name else ""
    place = space.texts[part.NAME].index(_class(shown, space.names[part.NAME]))
    hidden = bool(shown) and not attributes.name
    domains[part.NAME] = 1 << (place + (space.shown_names - 1 if hidden else 0))
    domains[TARGET] = 1 << space.targets.index(_target(attributes, space))
    for group in space.groups:
        domains[f"{part.GROUPS} {group}"] = 0b10 if group in attributes.groups else 0b01
    return Model(domains, {})


def _class(text, named):
    return class_of(text, named) if text else class_of("", named)._replace(value=None, open=False)


def _target(attributes, space):
    if not attributes.resource_request:
        return None
    kind = Kind(attributes.api_group, attributes.resource, attributes.subresource)
    for group in (kind.group, OTHER):
        for resource in (kind.resource, OTHER):
            for below in (kind.subresource, OTHER):
                if Kind(group, resource, below) in space.targets:
                    return Kind(group, resource, below)
    raise AssertionError(kind)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_line_decides_each_request_as_kube_apiserver_does(data, policies, stages_of):
    """And what is said to go together in a request does."""
    policy = data.draw(policies)
    space = Space(names_of_policy(policy))
    lines = lines_of(policy, space)
    chance = random.Random(data.draw(st.integers(0, 1 << 30)))
    for _ in range(20):
        for event in stages_of(chance)[1:]:
            model = _model(event, space)
            taking = [line for line in lines if all(reduced(one, model) is True for one in line.formulas)]
            assert [line.decision for line in taking] == [decide(policy, of_event(event.head))]
            assert all(reduced(one, model) is True for one in space.constraints), event
