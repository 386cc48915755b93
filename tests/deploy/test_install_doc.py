"""docs/install.md under test: its YAML, its settings, its flags and its Helm commands are what the parts take."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from lanner.settings.load import load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "install.md").read_text()
POLICY = ROOT / "deploy" / "audit-policy.yaml"
# kube-apiserver's options, as its source registers them (pkg/server/options/audit.go).
FLAGS = {
    *("--audit-policy-file", "--audit-log-path", "--audit-log-maxsize", "--audit-log-maxbackup", "--audit-log-maxage"),
    *("--audit-log-compress", "--audit-webhook-config-file"),
    *("--audit-webhook-batch-max-wait", "--audit-webhook-batch-max-size"),
}
LEVELS = {"None", "Metadata", "Request", "RequestResponse"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def helm_values(command: str) -> dict[str, Any]:
    """Turn --set and --set-string of a command into values, as Helm does: `\\.` is a dot inside a key."""
    values: dict[str, Any] = {}
    words = shlex.split(command)
    for option, assignment in itertools.pairwise(words):
        if option not in ("--set", "--set-string"):
            continue
        path, _, text = assignment.partition("=")
        *folders, last = [step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", path)]
        place = values
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = text if option == "--set-string" else yaml.safe_load(text)
    return values


@pytest.mark.parametrize("block", blocks("yaml"))
def test_each_yaml_block_is_yaml(block):
    assert isinstance(yaml.safe_load(block), dict)


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block.startswith("# lanner.yaml")])
def test_lanner_takes_the_settings_shown(block, tmp_path):
    file = tmp_path / "lanner.yaml"
    file.write_text(block)
    assert load(file).settings.sources


HELM = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("helm install")]


@pytest.mark.parametrize("command", HELM)
def test_helm_takes_the_commands_shown(helm, command):
    values = helm_values(command)
    assert values
    assert helm.render(values)


def test_only_flags_that_kube_apiserver_has_are_named():
    named = set(re.findall(r"--audit-[a-z-]+", TEXT))
    assert named <= FLAGS
    assert {"--audit-policy-file", "--audit-log-path", "--audit-webhook-config-file"} <= named
    plain = set(re.findall(r"\baudit-(?:log|policy|webhook)-[a-z-]+(?==|:| *,)", TEXT))
    assert {f"--{flag}" for flag in plain} - {"--audit-policy-file"} <= FLAGS


def test_files_that_are_named_are_there():
    for name in re.findall(r"\bdeploy/[\w./-]+\w", TEXT):
        assert (ROOT / name).exists(), name


def test_the_user_of_the_unit_is_made():
    unit = (ROOT / "deploy" / "systemd" / "lanner.service").read_text()
    assert "User=lanner" in unit
    assert "useradd --system" in TEXT
    assert "ExecStart=/opt/lanner/bin/lanner" in unit
    assert "python3 -m venv /opt/lanner" in TEXT


def test_the_audit_policy_writes_no_secret_and_ends_with_a_rule_for_all():
    policy = yaml.safe_load(POLICY.read_text())
    assert (policy["apiVersion"], policy["kind"]) == ("audit.k8s.io/v1", "Policy")
    assert {rule["level"] for rule in policy["rules"]} <= LEVELS
    assert policy["rules"][-1] == {"level": "Metadata"}
    secret = next(rule for rule in policy["rules"] if "secrets" in str(rule))
    first_with_bodies = next(rule for rule in policy["rules"] if rule["level"].startswith("Request"))
    assert secret["level"] == "Metadata"
    assert policy["rules"].index(secret) < policy["rules"].index(first_with_bodies)


@pytest.mark.shared
def test_the_audit_policy_is_the_one_that_kube_apiserver_was_recorded_with():
    recorded = ROOT.parent / "shared" / "data" / "policy_oracle" / "policies" / "rec.yaml"
    if not recorded.exists():
        pytest.skip("the recorded policy is not here")
    assert yaml.safe_load(POLICY.read_text()) == yaml.safe_load(recorded.read_text())
