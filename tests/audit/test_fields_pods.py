"""Fields of pods: what the recorded events do not cover."""

import pytest

from lanner.audit.fields import lookup

CONTEXT = {"securityContext": {"privileged": True, "capabilities": {"add": ["ALL"]}}}

CASES = [
    # spec, field, argument, value
    ({}, "ka.req.container.privileged", None, None),
    ({"containers": []}, "ka.req.container.privileged", None, "false"),
    ({"containers": []}, "ka.req.pod.containers.image", None, None),
    ({"containers": []}, "ka.req.pod.containers.eff_run_as_user", None, None),
    ({"containers": []}, "ka.req.container.image", None, None),
    ({"containers": "x"}, "ka.req.pod.containers.image", None, None),
    ({"containers": [{}, CONTEXT]}, "ka.req.container.privileged", None, "true"),
    ({"containers": [{}, CONTEXT]}, "ka.req.pod.containers.privileged", None, ["true"]),
    ({"containers": [{}, CONTEXT]}, "ka.req.pod.containers.privileged", "0", None),
    ({"containers": [{}, CONTEXT]}, "ka.req.pod.containers.privileged", "1", ["true"]),
    ({"containers": [{}, CONTEXT]}, "ka.req.pod.containers.privileged", "2", None),
    ({"containers": [{"securityContext": {"privileged": None}}]}, "ka.req.pod.containers.privileged", None, ["null"]),
    ({"containers": [{"securityContext": None}]}, "ka.req.pod.containers.privileged", None, None),
    ({"containers": [{}, CONTEXT]}, "ka.req.pod.containers.add_capabilities", None, ['["ALL"]']),
    ({"containers": [{"image": "a"}, {}]}, "ka.req.pod.containers.image", None, None),
    ({"containers": [{"image": "a"}, {}]}, "ka.req.pod.containers.image", "0", ["a"]),
    ({"containers": [{"image": "a@sha256:b"}]}, "ka.req.pod.containers.image.repository", None, ["a"]),
    ({"containers": [{"image": "h:5000/a:1"}]}, "ka.req.container.image.repository", None, "h"),
    ({"containers": [{"ports": "x"}, {"ports": []}]}, "ka.req.pod.containers.host_port", None, None),
    ({"containers": [{"ports": [{}, 5, {"hostPort": 1}]}]}, "ka.req.pod.containers.host_port", None, ["1"]),
    ({"containers": [{"command": "sh"}]}, "ka.req.pod.containers.command", None, None),
    ({"containers": [{"command": ["sh", 1]}]}, "ka.req.pod.containers.command", None, None),
    ({"containers": [{"args": ["a", "b c"]}, {}, {"args": []}]}, "ka.req.pod.containers.args", None, ["a b c", ""]),
    ({"containers": [{"args": ["a"]}, {"args": None}]}, "ka.req.pod.containers.args", None, None),
    ({"containers": [{"args": ["a"]}, {"args": None}]}, "ka.req.pod.containers.args", "0", ["a"]),
    ({"containers": [{"name": "a"}, {}]}, "ka.req.pod.containers.name", None, None),
    ({"containers": [{"name": 1.5}]}, "ka.req.pod.containers.name", None, ["1.5"]),
    ({"containers": [{"securityContext": {"privileged": 1}}]}, "ka.req.container.privileged", None, "false"),
    ({"containers": [{"ports": [{"containerPort": 8}]}, {"ports": 5}]}, "ka.req.pod.containers.host_port", None, None),
    ({"containers": [{"ports": [{"hostPort": None}]}]}, "ka.req.pod.containers.host_port", None, ["null"]),
    ({"volumes": {"name": "n", "nfs": {}}}, "ka.req.pod.volumes.volume_type", None, ["nfs"]),
    ({"volumes": [[{"nfs": {}}], {"csi": {}}]}, "ka.req.pod.volumes.volume_type", None, ["nfs", "csi"]),
    ({"volumes": [[{"nfs": {}}], {"csi": {}}]}, "ka.req.pod.volumes.volume_type", "0", None),
    ({"containers": [{"runAsUser": 5}, {}]}, "ka.req.pod.containers.eff_run_as_user", None, ["5", "0"]),
    ({"containers": [{}], "runAsUser": 7}, "ka.req.pod.containers.eff_run_as_user", None, ["7"]),
    ({"initContainers": [{"runAsGroup": 5}]}, "ka.req.pod.initContainers.eff_run_as_group", "0", ["5"]),
    ({"volumes": None}, "ka.req.pod.volumes.volume_type", None, None),
    ({"volumes": [5, {"name": "n", "nfs": {}}]}, "ka.req.pod.volumes.volume_type", None, ["nfs"]),
    ({"volumes": [{"nfs": {}}, {"csi": {}}]}, "ka.req.pod.volumes.volume_type", "1", ["csi"]),
    ({"volumes": [{"nfs": {}}]}, "ka.req.pod.volumes.volume_type", "9", None),
    ({"volumes": [{"hostPath": {"path": "/var/run"}}]}, "ka.req.volume.hostpath", "/var*", "true"),
    ({"volumes": [{"hostPath": {"path": "/var/run"}}]}, "ka.req.volume.hostpath", "/var", "false"),
    ({"volumes": [{"hostPath": {"path": "/a*"}}]}, "ka.req.volume.hostpath", "/a*", "true"),
    ({"volumes": []}, "ka.req.volume.hostpath", "/", "false"),
    ({}, "ka.req.volume.hostpath", "/", None),
    ({"securityContext": {"supplementalGroups": [1, 2]}}, "ka.req.pod.supplemental_groups", None, ["1", "2"]),
    ({"securityContext": {"supplementalGroups": 5}}, "ka.req.pod.supplemental_groups", None, None),
    ({"hostPID": False}, "ka.req.pod.host_pid", None, "false"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "name", "argument", "value"), CASES)
def test_a_pods_field_is_read_as_falco_reads_it(spec, name, argument, value, make_event):
    """Odd and hostile specs give Falco's value or none."""
    assert lookup(name, argument)(make_event(requestObject={"spec": spec})) == value


@pytest.mark.parametrize(
    "body", [None, 5, "text", [], {"spec": 5}, {"spec": [5]}, {"spec": {"containers": {"image": "a"}}}]
)
def test_bodies_that_are_no_pods_do_not_raise(body, make_event):
    """The request body is whatever a client sent."""
    event = make_event(requestObject=body)
    for name in ("image", "privileged", "host_port", "eff_run_as_user", "args"):
        lookup(f"ka.req.pod.containers.{name}", None)(event)
    assert lookup("ka.req.pod.host_ipc", None)(event) is None


TARGETS = [
    ({"resource": "pods"}, "web-1"),
    ({"resource": "pods", "name": "web-1"}, "web-1"),
    ({"resource": "pods", "subresource": "status"}, None),
    ({"resource": "pods", "subresource": ""}, "web-1"),
    ({"resource": "services"}, None),
    (None, None),
]


@pytest.mark.parametrize(("target", "name"), TARGETS)
def test_the_pods_name_comes_from_the_response(target, name, make_event):
    """A generated name is only there."""
    event = make_event(objectRef=target, responseObject={"metadata": {"name": "web-1"}})
    assert lookup("ka.target.pod.name", None)(event) == name
