"""Values into Go's types: the first wrong type, unknown and duplicate keys."""

import json

import pytest

from lanner.policy.decoding.json_text import read_json
from lanner.policy.decoding.schema import INTERNAL_POLICY, POLICY, type_of
from lanner.policy.decoding.typed import decode
from lanner.policy.decoding.value import GoError


def decoded(value, type_=POLICY):
    text = value if isinstance(value, str) else json.dumps(value)
    return decode(read_json(text.encode()), type_, sort=False)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"rules": {}}, "object: Policy.rules of type []v1.PolicyRule"),
        ({"rules": [1]}, "number: Policy.rules of type v1.PolicyRule"),
        ({"rules": [{"level": 1}]}, "number: PolicyRule.rules.level of type v1.Level"),
        ({"rules": [{"omitStages": [True]}]}, "bool: PolicyRule.rules.omitStages of type v1.Stage"),
        ({"rules": [{"resources": [{"group": []}]}]}, "array: GroupResources.rules.resources.group of type string"),
        ({"omitManagedFields": "x"}, "string: Policy.omitManagedFields of type bool"),
        ({"metadata": {"generation": 1.5}}, "number 1.5: ObjectMeta.metadata.generation of type int64"),
        ({"metadata": {"labels": {"a": 1}}}, "number: ObjectMeta.metadata.labels of type string"),
        ({"metadata": {"creationTimestamp": 1}}, "number: ObjectMeta.metadata.creationTimestamp of type string"),
    ],
)
def test_wrong_types(value, message):
    with pytest.raises(GoError) as caught:
        decoded(value)
    kind, _, field = message.partition(": ")
    assert caught.value.message == f"json: cannot unmarshal {kind} into Go struct field {field}"


def test_the_first_wrong_type_is_told_and_a_wrong_time_before_all():
    with pytest.raises(GoError, match="bool"):
        decoded({"rules": 1, "omitManagedFields": 1} | {"omitManagedFields": 2, "rules": [{"level": True}]})
    with pytest.raises(GoError, match="parsing time"):
        decoded({"rules": 1, "metadata": {"creationTimestamp": "x"}})


def test_the_internal_type_has_gos_own_names():
    """That is what a policy without apiVersion is decoded into."""
    with pytest.raises(GoError, match=r"Policy\.Rules of type \[\]audit\.PolicyRule"):
        decoded({"Rules": 1}, INTERNAL_POLICY)
    with pytest.raises(GoError, match=r"Policy\.ObjectMeta\.name of type string"):
        decoded({"name": 1}, INTERNAL_POLICY)


def test_nulls_are_empty_and_other_kinds_are_not_looked_into():
    found = decoded({"rules": [None, {"users": None, "level": None}], "metadata": None}).value
    assert found == {"rules": [None, {"users": None, "level": None}], "metadata": None}
    assert decoded({"verb": 1}, type_of("v1.WatchEvent")).remarks == []


def test_of_kinds_that_are_no_policies_the_outer_keys_are_looked_at():
    with pytest.raises(GoError, match=r"number into Go struct field Event\.verb of type string"):
        decoded({"verb": 1}, type_of("v1.Event"))


def test_unknown_and_duplicate_keys_once_each():
    text = (
        '{"x":1,"x":2,"rules":[{"y":{"z":1}}],"metadata":{"labels":{"a":"1","a":"2"},'
        '"managedFields":[{"fieldsV1":{}}]}}'
    )
    assert [remark.text for remark in decoded(text).remarks] == [
        'unknown field "x"',
        'unknown field "rules[0].y"',
        'duplicate field "metadata.labels.a"',
    ]
    many = {f"k{number}": 1 for number in range(200)}
    assert len(decoded(many).remarks) == 100


def test_a_second_list_is_decoded_over_the_first():
    """As Go does it: what the second leaves out stays."""
    text = '{"rules":[{"level":"None","users":["a"]},{"level":"Request"}],"rules":[{"level":"Metadata"}]}'
    assert decoded(text).value["rules"] == [{"level": "Metadata", "users": ["a"]}]
