"""What Sigma's names of fields stand for."""

import pytest

from lanner.audit.fields import lookup
from lanner.rules import ir
from lanner.rules.sigma.fields import operand_of, target_of


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("verb", ir.Field("ka.verb")),
        ("kubernetes.audit.objectRef.resource", ir.Field("ka.target.resource")),
        ("objectRef.apiGroup", ir.Field("jevt.value", "/objectRef/apiGroup")),
        ("annotations.authorization.k8s.io/decision", ir.Field("ka.auth.decision")),
        ("annotations.a.b/c~d", ir.Field("jevt.value", "/annotations/a.b~1c~0d")),
        ("http.response.status_code", ir.Field("ka.response.code")),
        ("source.ip", ir.Field("lanner.each", "sourceIPs")),
        ("user.extra.k", ir.Field("lanner.each", "user.extra.k")),
        ("requestObject.spec.containers[*].image", ir.Field("lanner.each", "requestObject.spec.containers.image")),
        ("requestObject.spec.containers[].image", ir.Field("lanner.each", "requestObject.spec.containers.image")),
        ("requestObject.spec.containers.*.image", ir.Field("lanner.each", "requestObject.spec.containers.image")),
        ("requestObject.spec.containers[2].image", ir.Field("lanner.each", "requestObject.spec.containers.2.image")),
    ],
)
def test_a_name_stands_for_a_field_that_there_is(name, field):
    assert target_of(name).field == field
    lookup(field.name, field.argument)


@pytest.mark.parametrize("name", ["", ".", "a b", "a[x]", "kubernetes.audit."])
def test_what_can_be_no_path_is_no_field(name):
    assert target_of(name) is None
    assert operand_of(name) is None


def test_correlations_bind_events_by_single_values_and_by_groups():
    assert operand_of("user.groups") == ir.Field("ka.user.groups")
    assert operand_of("requestObject.metadata.name") == ir.Field("jevt.value", "/requestObject/metadata/name")
    assert operand_of("kubernetes.audit.verb") == ir.Field("ka.verb")
