"""Loading lanner.yaml: kinds told apart, paths, variables, errors with places."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.errors import GroundError, LannerError, UsageError
from lanner.outputs.file import FileSettings as FileOutputSettings
from lanner.settings import Settings, load
from lanner.settings.falco import FALCO_KEYS
from lanner.sources.file import FileSettings
from lanner.sources.webhook_settings import WebhookSettings


@pytest.fixture
def write(tmp_path):
    """Return a function that writes settings and returns their path."""

    def go(text: str | bytes, name: str = "lanner.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return go


def test_an_empty_file_is_all_defaults(write):
    assert load(write("# nothing\n")).settings == Settings()


def test_relative_paths_count_from_the_files_folder(write, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    text = (
        "data: store\nrules: {files: [r.yaml, /etc/r]}\n"
        "sources:\n- {type: file, path: audit.log}\n- {type: webhook, tls: {cert: c, key: /k}}\n"
        "outputs: [{type: file, path: out}]\n"
    )
    found = load(write(text)).settings
    assert found.data_folder == tmp_path / "store"
    assert found.rules.files == (f"{tmp_path}/r.yaml", "/etc/r")
    file, webhook = found.sources
    assert isinstance(file, FileSettings)
    assert isinstance(webhook, WebhookSettings)
    assert webhook.tls
    assert (file.path, webhook.tls.cert, webhook.tls.key) == (f"{tmp_path}/audit.log", f"{tmp_path}/c", "/k")
    assert found.outputs == (FileOutputSettings(path=f"{tmp_path}/out"),)


def test_variables_are_put_in_with_their_type(write):
    text = 'hostname: "${HOST}-x"\nspool:\n  max_bytes: ${BYTES}\nrules:\n  content: ${FLAG}\ndata: /$${HOST}/${HOST}'
    found = load(write(text), {"HOST": "${FLAG}", "BYTES": "2000000", "FLAG": "false"}).settings
    assert (found.hostname, found.spool.max_bytes, found.rules.content) == ("${FLAG}-x", 2_000_000, False)
    assert found.data == "/${HOST}/${FLAG}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("hostnam: x", "1:1: unknown key 'hostnam'; did you mean 'hostname'?"),
        ("hostname: ${NOPE}", "1:11: the environment variable NOPE is not set; set it, or write $${NOPE}"),
        ("rules:\n  matching: al", "2:13: rules.matching: Invalid enum value 'al'; did you mean 'all'?"),
        ("sources:\n- type: fil", "2:9: sources[0].type: Invalid value 'fil'; did you mean 'file'?"),
        ("a: 1\n---\nb: 2", "3:1: settings are one YAML document"),
        ("- a", "1:1: settings are written as `key: value` lines"),
        ("word", "1:1: settings are written as `key: value` lines"),
        ("a: [", "2:1: did not find"),
        (b"a: 1\nb: x\xff", "2:5: not UTF-8 text"),
        ("web: {listen: here}", "1:15: web.listen: Expected `str` matching regex"),
        ("rules: {select: [{enable: {}}]}", "1:27: rules.select[0].enable: give either rule or tag"),
        ("rules: {select: [{}]}", "1:18: rules.select[0]: give either enable or disable"),
        ("outputs: [{type: stdout}, {type: stdout}]", " two outputs are called 'stdout'; give each a `name`"),
    ],
)
def test_errors_name_file_place_and_fix(write, text, error):
    path = write(text)
    with pytest.raises(UsageError) as caught:
        load(path, {})
    assert str(caught.value).startswith(f"{path}:{error}")


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(UsageError, match=r"no such file; `lanner init .*lanner.yaml` writes one"):
        load(tmp_path / "lanner.yaml")


def test_a_folder_and_a_huge_file_are_refused(tmp_path, write):
    with pytest.raises(GroundError, match="Is a directory"):
        load(tmp_path)
    with pytest.raises(UsageError, match="at most 1048576 bytes"):
        load(write("#" * 1_048_577))


@pytest.mark.parametrize(
    ("text", "name", "files"),
    [
        ("outputs: {rate: 1}", "falco.yaml", True),
        ("hostname: x", "falco.yaml", False),
        ("stdout_output: {enabled: true}", "lanner.yaml", True),
        ("", "falco-custom.yaml", True),
        ("", "settings.yaml", False),
    ],
)
def test_the_two_kinds_are_told_apart_by_keys_then_by_name(write, text, name, files):
    notes = load(write(text, name)).notes
    assert any("no source of audit events" in str(note) for note in notes) == files


def test_the_host_is_the_settings_then_falcos_variable_then_the_machines(monkeypatch):
    monkeypatch.setenv("FALCO_HOSTNAME", "env")
    assert [Settings(hostname="h").host, Settings().host] == ["h", "env"]
    monkeypatch.delenv("FALCO_HOSTNAME")
    assert Settings().host == socket.gethostname()


def test_the_data_folder_has_a_default(monkeypatch):
    monkeypatch.setenv("LANNER_DATA", "/d")
    assert Settings().data_folder == Path("/d")


WORDS = st.sampled_from(
    [*sorted(FALCO_KEYS), *Settings.__struct_fields__, "enabled", "url", "name", "open_params", "type", "path", "rule"]
)
SCALARS = st.sampled_from(["", "true", "'x'", "1", "-1", "1e400", "nan", "${X}", "http://[", "k8saudit", "http", "~"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(WORDS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(WORDS, VALUES, max_size=4).map(
    lambda pairs: "\n".join(f"{key}: {value}" for key, value in pairs.items())
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=MAPPINGS | st.text() | st.binary(), name=st.sampled_from(["lanner.yaml", "falco.yaml"]))
def test_any_file_loads_or_is_an_error_for_the_user(write, text, name):
    try:
        load(write(text.encode("utf-8", "replace") if isinstance(text, str) else text, name), os.environ)
    except LannerError:
        pass


RETENTION = """
archive:
  retention:
    preset: pci-dss
    rules:
      - {name: dev, policy: 30d, namespaces: [dev-*]}
      - {name: old, policy: keep, clusters: [c]}
      - name: month
        policy: 11m
        levels: [Metadata]
"""


def test_rules_of_retention_that_keep_less_than_the_preset_asks_for_are_told(write):
    """With the line of each and the source of what is asked for; that they are out of scope is the user's to say."""
    path = write(RETENTION)
    first, second = load(path).notes
    assert (first.level, second.level) == ("warning", "warning")
    assert str(first).startswith(f"{path}:6: the rule 'dev' keeps events for 30 days, the preset pci-dss 372 days: ")
    assert "PCI DSS 4.0, requirement 10.5.1" in str(first)
    assert str(second).startswith(f"{path}:8: the rule 'month' keeps events for 341 days")
    assert load(write(RETENTION.replace("preset: pci-dss", "policy: 12m"))).notes == ()
