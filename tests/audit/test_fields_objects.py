"""Fields of bindings, roles and services: what the recorded events do not cover."""

import pytest

from lanner.audit.fields import lookup

SUBJECTS = "ka.req.binding.subjects"
ACCOUNT = {"kind": "ServiceAccount", "name": "sa", "namespace": "ns"}
LONE = {"kind": "ServiceAccount", "name": "lone"}

CASES = [
    # body, field, argument, value
    ({"subjects": [ACCOUNT, LONE]}, f"{SUBJECTS}.serviceaccount_ns_names", None, ["ns:sa"]),
    ({"subjects": [ACCOUNT, {"kind": "ServiceAccount"}]}, f"{SUBJECTS}.serviceaccount_names", None, ["sa"]),
    ({"subjects": [5, None, ACCOUNT]}, f"{SUBJECTS}.user_names", None, None),
    ({"subjects": "x"}, f"{SUBJECTS}.user_names", None, None),
    ({"subjects": []}, SUBJECTS, None, None),
    ({"subjects": [None, {"b": 1.5, "a": True}]}, SUBJECTS, None, ["null", '{"b":1.5,"a":true}']),
    ({}, "ka.req.binding.subject.has_name", "x", "true"),
    ({"rules": [{"verbs": ["get"]}, {"verbs": "x"}, {}, 5]}, "ka.req.role.rules.verbs", None, ["get"]),
    ({"rules": [{"verbs": ["get"]}, {}]}, "ka.req.role.rules.verbs", "1", None),
    ({"rules": "x"}, "ka.req.role.rules.verbs", None, None),
    ({"spec": {"ports": [{"port": 80}]}}, "ka.req.service.ports", "7", ['[{"port":80}]']),
    ({"data": None}, "ka.req.configmap.obj", None, "null"),
    ({"data": {"k": "ü\n"}}, "ka.req.configmap.obj", None, '{"k":"ü\\n"}'),
]  # fmt: skip


@pytest.mark.parametrize(("body", "name", "argument", "value"), CASES)
def test_a_bodys_field_is_read_as_falco_reads_it(body, name, argument, value, make_event):
    """Odd bodies give Falco's value or none."""
    assert lookup(name, argument)(make_event(requestObject=body)) == value


def test_source_addresses_are_absent_as_in_falco(make_event):
    """Falco looks for them among a role's rules, so every recorded answer is empty; the pointer finds them."""
    event = make_event(sourceIPs=["10.0.0.5"])
    assert lookup("ka.sourceips", None)(event) is None
    assert lookup("jevt.value", "/sourceIPs/0")(event) == "10.0.0.5"
