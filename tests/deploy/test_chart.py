"""The Helm chart: lint, manifests that Kubernetes takes, values that are refused, golden renders, its documents.

`LANNER_WRITE_GOLDEN=1 pytest tests/deploy` writes the golden renders and the README's table anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import lanner
from lanner.settings.load import load
from lanner.settings.model import Settings
from lanner.sources.file import FileSettings
from lanner.sources.webhook_settings import WebhookSettings

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "lanner"
DATA = ROOT / "tests" / "data" / "helm"
WRITE = bool(os.environ.get("LANNER_WRITE_GOLDEN"))
CASES = sorted(file.stem for file in (DATA / "values").glob("*.yaml"))
GOLDEN = ["defaults", "deployment", "grant", "webhook"]
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
README = CHART / "README.md"


def values(case: str) -> dict[str, Any]:
    return yaml.safe_load((DATA / "values" / f"{case}.yaml").read_text())


def pod(manifests: dict[str, Any]) -> dict[str, Any]:
    found = [manifest for name, manifest in manifests.items() if name.startswith(("DaemonSet/", "Deployment/"))]
    assert len(found) == 1
    return found[0]["spec"]["template"]["spec"]


def container(manifests: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod(manifests)["containers"]
    return found


def settings(manifests: dict[str, Any], folder: Path) -> Settings:
    """Load the rendered lanner.yaml as lanner does."""
    (text,) = [manifest["data"]["lanner.yaml"] for manifest in manifests.values() if "lanner.yaml" in _data(manifest)]
    file = folder / "lanner.yaml"
    file.write_text(text)
    return load(file, {"SIDEKICK_TOKEN": "secret"}).settings


def _data(manifest: dict[str, Any]) -> dict[str, str]:
    return manifest.get("data", {}) if manifest["kind"] == "ConfigMap" else {}


@pytest.mark.parametrize("case", CASES)
def test_lint_has_nothing_to_say(helm, case):
    assert helm.lint(values(case)) == []


@pytest.mark.parametrize("version", ["1.25", "1.30", "1.36"])
@pytest.mark.parametrize("case", CASES)
def test_each_manifest_fits_the_schema_of_kubernetes(render, case, version):
    kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    manifests = render(values(case))
    assert manifests
    for manifest in manifests.values():
        kubernetes.validate(manifest, version, strict=True)


def test_the_schema_of_kubernetes_is_not_blind(render):
    kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    manifest = render({})["DaemonSet/lanner"]
    manifest["spec"]["template"]["spec"]["hostNetwrok"] = True
    with pytest.raises(kubernetes.ValidationError, match="hostNetwrok"):
        kubernetes.validate(manifest, "1.30", strict=True)


@pytest.mark.parametrize("case", GOLDEN)
def test_render_equals_the_golden_file(render, case):
    golden = DATA / "rendered" / f"{case}.yaml"
    manifests = [manifest for _, manifest in sorted(render(values(case)).items())]
    if WRITE:
        golden.write_text(yaml.safe_dump_all(manifests, width=120))
    assert manifests == list(yaml.safe_load_all(golden.read_text()))


@pytest.mark.parametrize("case", CASES)
def test_lanner_takes_the_rendered_settings(render, case, tmp_path):
    loaded = settings(render(values(case)), tmp_path)
    assert loaded.data == "/var/lib/lanner"
    assert loaded.sources


@pytest.mark.parametrize("case", CASES)
def test_each_mount_has_its_volume_and_each_port_its_name(render, case):
    manifests = render(values(case))
    spec = pod(manifests)
    volumes = [volume["name"] for volume in spec["volumes"]]
    used = {
        mount["name"]
        for each in [*spec["containers"], *spec.get("initContainers", [])]
        for mount in each["volumeMounts"]
    }
    ports = {port["name"] for port in container(manifests).get("ports", [])}
    services = [manifest for name, manifest in manifests.items() if name.startswith("Service/")]
    assert sorted(volumes) == sorted(used)
    assert ports == {port["targetPort"] for service in services for port in service["spec"]["ports"]}


@pytest.mark.parametrize("case", CASES)
def test_no_container_can_gain_rights_and_no_token_is_mounted(render, case):
    manifests = render(values(case))
    spec = pod(manifests)
    for each in [*spec["containers"], *spec.get("initContainers", [])]:
        context = each["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


@pytest.mark.parametrize(
    ("case", "user", "prepares"),
    [("defaults", 65532, True), ("grant", 65532, True), ("root", 0, False), ("scratch", 65532, False)],
)
def test_root_only_where_asked_for(render, case, user, prepares):
    """lanner is root only with audit.runAsRoot; an init container hands a hostPath for data over."""
    spec = pod(render(values(case)))
    assert spec["securityContext"]["runAsUser"] == user
    assert spec["securityContext"]["runAsNonRoot"] is (user != 0)
    assert bool(spec.get("initContainers")) is prepares


@pytest.mark.parametrize("case", CASES)
def test_lanner_itself_never_writes_to_the_audit_folder(render, case):
    manifests = render(values(case))
    mounts = {mount["name"]: mount for mount in container(manifests)["volumeMounts"]}
    assert all(mounts[name].get("readOnly") for name in mounts if name not in {"data", "tmp"})
    for init in pod(manifests).get("initContainers", []):
        writable = {mount["name"] for mount in init["volumeMounts"]}
        assert writable <= ({"data", "audit"} if case == "grant" else {"data"})


def test_sources_follow_the_values(render, tmp_path):
    file, hook = settings(render(values("webhook")), tmp_path).sources
    assert isinstance(file, FileSettings)
    assert file.path == "/var/log/kubernetes/audit.log"
    assert isinstance(hook, WebhookSettings)
    assert hook.listen == "0.0.0.0:9765"
    assert hook.tls is not None
    assert (hook.tls.cert, hook.tls.client_ca) == ("/etc/lanner-tls/tls.crt", "/etc/lanner-tls/ca.crt")
    assert hook.token_file == "/etc/lanner-token/token"


def test_config_is_laid_over_what_the_values_give(render, tmp_path):
    loaded = settings(render(values("rules")), tmp_path)
    assert loaded.rules.files == ("/etc/lanner/rules",)
    assert loaded.rules.matching == "first"
    assert loaded.spool.max_bytes == 8589934592
    assert loaded.archive.cluster == "default"
    assert loaded.archive.commit_seconds == 5
    assert [type(output).__name__ for output in loaded.outputs] == ["StdoutSettings", "HttpSettings"]


def test_rules_arrive_as_they_were_written(render):
    assert render(values("rules"))["ConfigMap/lanner-rules"]["data"] == values("rules")["rules"]


def test_the_page_leaves_the_pod_only_through_its_service(render, tmp_path):
    alone, served = render({}), render({"web": {"service": {"enabled": True}}})
    assert settings(alone, tmp_path).web.listen == "127.0.0.1:8765"
    assert settings(served, tmp_path).web.listen == "0.0.0.0:8765"
    assert "Service/lanner-web" not in alone
    assert "Service/lanner-web" in served
    assert "exec" in container(alone)["livenessProbe"]
    assert container(served)["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "web"}


def checksum(manifests: dict[str, Any]) -> str:
    return manifests["DaemonSet/lanner"]["spec"]["template"]["metadata"]["annotations"]["checksum/config"]


def test_changed_settings_restart_the_pods_and_changed_rules_do_not(render):
    """lanner loads changed rules by itself; settings are read at start."""
    first = checksum(render({"rules": {"a.yaml": "[]"}}))
    assert checksum(render({"rules": {"a.yaml": "# other"}})) == first
    assert checksum(render({"rules": {"a.yaml": "[]"}, "hostname": "x"})) != first


def test_the_probe_asks_the_page(render, page):
    """The rendered probe itself runs: it succeeds on 200 and fails on 503 and on no answer."""
    port, answer, ask = page
    probe = container(render({"web": {"port": port}, "probes": {"timeoutSeconds": 5}}))["livenessProbe"]["exec"][
        "command"
    ]
    answer(200)
    assert ask(probe) == 0
    answer(503)
    assert ask(probe) != 0
    nobody = container(render({"web": {"port": 1}}))["livenessProbe"]["exec"]["command"]
    assert ask(nobody) != 0


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"audit": {"fodler": "/x"}}, ["audit", "fodler"]),
    ({"unknown": 1}, ["unknown"]),
    ({"audit": {"folder": "relative"}}, ["audit", "folder"]),
    ({"audit": {"file": "a/b.log"}}, ["audit", "file"]),
    ({"audit": {"enabled": "yes"}}, ["audit", "enabled"]),
    ({"webhook": {"port": 70000}}, ["webhook", "port"]),
    ({"webhook": {"tls": {"secret": "x"}}}, ["webhook", "tls", "secret"]),
    ({"kind": "StatefulSet"}, ["kind", "DaemonSet"]),
    ({"rules": {"notes.txt": "x"}}, ["rules", "notes.txt"]),
    ({"rules": {"a.yaml": {"rule": 1}}}, ["rules", "a.yaml"]),
    ({"config": {"data": "/elsewhere"}}, ["config", "data"]),
    ({"config": {"soruces": []}}, ["config", "soruces"]),
    ({"data": {"type": "tape"}}, ["data", "type", "hostPath"]),
    ({"data": {"size": "much"}}, ["data", "size"]),
    ({"image": {"digest": "sha256:short"}}, ["image", "digest"]),
    ({"audit": {"enabled": False}}, ["audit.enabled", "webhook.enabled"]),
    ({"audit": {"runAsRoot": True, "grantGroupRead": True}}, ["audit.runAsRoot", "set one of them"]),
    ({"rules": {"a.yaml": ""}, "rulesConfigMap": "b"}, ["rulesConfigMap", "set one of them"]),
    ({"kind": "Deployment", "webhook": {"enabled": True}}, ["Deployment", "audit.enabled=false"]),
    ({"kind": "Deployment", "webhook": {"enabled": True}, "audit": {"enabled": False}}, ["data.type"]),
]


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_wrong_values_are_refused_by_name(refusal, given, words):
    said = refusal(given)
    assert [word for word in words if word not in said] == []


def test_config_takes_the_keys_of_lanner_yaml():
    """`data` is the one key that the chart alone sets: it is a mount."""
    assert set(SCHEMA["properties"]["config"]["properties"]) == set(Settings.__struct_fields__) - {"data"}


def rows(schema: dict[str, Any], defaults: dict[str, Any], path: str = "") -> Iterator[str]:
    """Write the README's table: one row for each value."""
    assert set(schema["properties"]) - {"global"} == set(defaults), path
    assert schema["additionalProperties"] is False
    for key, default in defaults.items():
        node = schema["properties"][key]
        assert node["description"]
        if "properties" in node and f"{path}{key}" != "config":
            yield from rows(node, default, f"{path}{key}.")
            continue
        shown = default if isinstance(default, str) and default else json.dumps(default)
        one_of = f" One of {', '.join(f'`{word}`' for word in node['enum'])}." if "enum" in node else ""
        yield f"| `{path}{key}` | `{shown}` | {node['description']}{one_of} |"


def test_the_readme_lists_every_value_with_its_default():
    head, mark, _ = README.read_text().partition("| value | default | meaning |\n|---|---|---|\n")
    table = "".join(f"{row}\n" for row in rows(SCHEMA, VALUES))
    if WRITE:
        README.write_text(head + mark + table)
    assert README.read_text() == head + mark + table


def test_the_examples_of_the_readme_render(helm):
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        assert helm.lint(yaml.safe_load(block)) == []
        assert helm.render(yaml.safe_load(block))


def test_the_chart_has_the_version_of_the_program():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == chart["version"] == lanner.__version__


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {},
            [
                "--audit-policy-file=",
                "--audit-log-path=/var/log/kubernetes/audit.log",
                "--audit-log-maxsize=",
                "--audit-log-maxbackup=",
                "--audit-log-maxage=",
                "chgrp 65532",
                "port-forward",
            ],
        ),
        ({"audit": {"runAsRoot": True}}, ["as root without any capability"]),
        ({"audit": {"grantGroupRead": True}}, ["init container gives group 65532"]),
        (
            {"webhook": {"enabled": True}},
            [
                "--audit-webhook-config-file=",
                "--audit-webhook-batch-max-wait=",
                "up to 30 seconds",
                "in clear",
                "not authenticated",
            ],
        ),
        (
            {"webhook": {"enabled": True, "hostPort": 9765, "tls": {"secretName": "t", "clientCaKey": "ca.crt"}}},
            ["https://127.0.0.1:9765/k8s-audit"],
        ),
        ({"web": {"service": {"enabled": True}}}, ["asks nobody who they are"]),
    ],
)
def test_notes_say_what_to_do_next(notes, given, words):
    said = notes(given)
    assert [word for word in words if word not in said] == []
