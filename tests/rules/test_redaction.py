"""Which checks of rules a redacted archive may answer otherwise."""

from __future__ import annotations

import pytest

from lanner.audit.redaction.settings import RedactionSettings
from lanner.rules.falco.condition import parse_condition
from lanner.rules.redaction import conflicts

CASES = {
    "ka.verb = get and ka.target.resource = secrets": {},
    "ka.req.configmap.obj contains password": {"ka.req.configmap.obj": ("secrets", "configmaps")},
    "ka.target.resource = configmaps and ka.req.configmap.obj contains a": {"ka.req.configmap.obj": ("configmaps",)},
    "ka.target.resource in (pods, services) and ka.req.configmap.obj contains a": {},
    "jevt.value[/responseObject/data/token] startswith eyJ": {
        "jevt.value[/responseObject/data/token]": ("secrets", "configmaps")
    },
    "jevt.value[/responseObject/data/token] exists": {},
    "jevt.value[/responseObject/items/0/stringData/a] = b": {
        "jevt.value[/responseObject/items/0/stringData/a]": ("secrets",)
    },
    "jevt.value[/requestObject/metadata/name] = x": {},
    "jevt.value[/requestObject/metadata/annotations] contains x": {
        "jevt.value[/requestObject/metadata/annotations]": ("annotations",)
    },
    "ka.target.resource=pods and jevt.value[/requestObject] contains x": {
        "jevt.value[/requestObject]": ("annotations",)
    },
    "jevt.value[/requestObject/spec/token] = x": {"jevt.value[/requestObject/spec/token]": ("tokens",)},
    "jevt.value[/requestObject/spec/containers/0/env/0/value] = x": {
        "jevt.value[/requestObject/spec/containers/0/env/0/value]": ("environment",)
    },
    "lanner.each[requestObject.spec.containers.env.value] contains x": {
        "lanner.each[requestObject.spec.containers.env.value]": ("environment",)
    },
    "lanner.each[responseObject.items.stringData.a] contains x": {
        "lanner.each[responseObject.items.stringData.a]": ("secrets",)
    },
    "lanner.each[responseObject.items.0.stringData] contains x": {
        "lanner.each[responseObject.items.0.stringData]": ("secrets",)
    },
    "lanner.each[requestObject.spec.containers.image] contains x": {},
    "ka.req.pod.containers.args intersects (a)": {"ka.req.pod.containers.args": ("arguments",)},
    "ka.uri startswith /api or ka.uri = /version or ka.uri exists": {},
    "ka.uri contains /exec": {},
    "ka.uri contains password": {"ka.uri": ("arguments",)},
    "ka.uri.param[command] contains mysql": {"ka.uri.param[command]": ("arguments",)},
    "ka.uri.param[limit] = 500": {},
    "toupper(ka.req.configmap.obj) contains X": {"ka.req.configmap.obj": ("secrets", "configmaps")},
    "ka.target.resource=secrets and jevt.obj contains x": {"jevt.obj": ("annotations", "secrets")},
}


@pytest.mark.parametrize(("condition", "expected"), CASES.items())
def test_checks_that_compare_redacted_values_are_named(condition, expected):
    """With the parts of the settings that do it, for the resources that the rule can be about."""
    found = conflicts(parse_condition(condition), RedactionSettings())
    assert {conflict.field: conflict.parts for conflict in found} == expected


def test_settings_decide():
    """What is not redacted conflicts with nothing."""
    condition = parse_condition("ka.req.configmap.obj contains password and ka.uri contains password")
    assert conflicts(condition, RedactionSettings(enabled=False)) == []
    assert [found.field for found in conflicts(condition, RedactionSettings(parts=("arguments",)))] == ["ka.uri"]


def test_the_message_names_field_and_part():
    (found,) = conflicts(
        parse_condition("not ka.req.configmap.obj contains x"), RedactionSettings(parts=("configmaps",))
    )
    assert "ka.req.configmap.obj" in found.message
    assert "(configmaps)" in found.message
    assert found.offset == 4
