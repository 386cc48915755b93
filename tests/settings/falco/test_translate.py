"""A falco.yaml works unchanged: each case is a file and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanner.errors import SourceError
from lanner.outputs.file import FileSettings as FileOutputSettings
from lanner.outputs.http import HttpSettings
from lanner.outputs.stdout import StdoutSettings
from lanner.outputs.throttle import ThrottleSettings
from lanner.settings import load
from lanner.settings.model import Selection, Target, WebSettings
from lanner.sources import TlsSettings
from lanner.sources.file import FileSettings
from lanner.sources.webhook_settings import WebhookSettings

AUDIT_LOG = """auditLog:
  enabled: true
  hostname: "k8s-api-server"
  file: "/var/log/kubernetes/audit.log"
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a text as falco.yaml."""

    def go(text: str, **variables: str):
        path = tmp_path / "falco.yaml"
        path.write_text(text)
        return load(path, variables)

    return go


def warnings(loaded) -> str:
    return "\n".join(str(note) for note in loaded.notes if note.level == "warning")


def test_the_audit_log_block_works_verbatim(read):
    loaded = read(AUDIT_LOG)
    assert loaded.settings.hostname == loaded.settings.host == "k8s-api-server"
    assert loaded.settings.sources == (FileSettings(path="/var/log/kubernetes/audit.log"),)
    assert loaded.settings.outputs == (StdoutSettings(),)
    assert (loaded.settings.rules.content, loaded.settings.rules.matching) == (True, "all")
    assert loaded.notes == ()


def test_a_disabled_audit_log_gives_no_source(read):
    loaded = read("auditLog: {enabled: false, hostname: x, file: /a}")
    assert (loaded.settings.sources, loaded.settings.hostname) == ((), "")
    assert "no source of audit events" in warnings(loaded)


@pytest.mark.parametrize(
    ("params", "source"),
    [
        ("/var/log/audit.log", FileSettings(path="/var/log/audit.log")),
        ("file:///var/log/audit", FileSettings(path="/var/log/audit")),
        ("tail:///var/log/a.log", FileSettings(path="/var/log/a.log", start="end")),
        ("http://:9765/k8s-audit", WebhookSettings(listen="0.0.0.0:9765")),
        ("http://127.0.0.1:1/x", WebhookSettings(listen="127.0.0.1:1", path="/x")),
        ("http://[::1]:1", WebhookSettings(listen="[::1]:1", path="/")),
        (
            "https://:9765/k8s-audit",
            WebhookSettings(listen="0.0.0.0:9765", tls=TlsSettings(cert="/c.pem", key="/c.pem")),
        ),
    ],
)
@pytest.mark.parametrize("init", ["{sslCertificate: /c.pem, useAsync: true}", '\'{"sslCertificate": "/c.pem"}\''])
def test_k8saudit_becomes_a_source(read, params, source, init):
    loaded = read(
        f"load_plugins: [k8saudit, json]\nplugins:\n- name: k8saudit\n  library_path: libk8saudit.so\n"
        f"  init_config: {init}\n  open_params: '{params}'\n- name: json\n  library_path: libjson.so\n"
        f"- name: cloudtrail\n  library_path: libcloudtrail.so\n"
    )
    assert loaded.settings.sources == (source,)
    assert warnings(loaded) == ""


def test_other_plugins_and_missing_parts_are_named(read):
    loaded = read(
        "plugins:\n- {name: k8saudit-eks}\n- {name: k8saudit, init_config: {customFieldsHeaders: []}, "
        "open_params: /a}\n- {name: k8saudit}\n"
    )
    for words in ("'k8saudit-eks' is not supported", "customFieldsHeaders", "no open_params"):
        assert words in warnings(loaded)


def test_a_larger_webhook_bound_is_kept(read):
    found = read("plugins: [{name: k8saudit, init_config: {webhookMaxBatchSize: 99000000}, open_params: 'http://:1/'}]")
    assert found.settings.sources[0].max_body_bytes == 99_000_000


def test_outputs_and_their_form(read):
    loaded = read(
        AUDIT_LOG + "json_output: true\njson_include_message_property: true\njson_include_tags_property: false\n"
        "time_format_iso_8601: yes\nstdout_output: {enabled: true}\n"
        "file_output: {enabled: true, keep_alive: false, filename: /e.txt}\n"
        "http_output:\n  enabled: true\n  url: '\"http://sidekick:2801/\"'\n  ca_bundle: /b.pem\n  mtls: true\n"
        "  client_key: /k\n  echo: false\n  max_consecutive_timeouts: 5\n"
    )
    form = {"format": "json", "time": "iso8601", "include_message": True, "include_tags": False}
    assert loaded.settings.outputs == (
        StdoutSettings(**form),
        FileOutputSettings(path="/e.txt", keep_alive=False, **form),
        HttpSettings(
            url="http://sidekick:2801/",
            user_agent="falcosecurity/falco",
            ca_cert="/b.pem",
            client_cert="/etc/ssl/certs/client.crt",
            client_key="/k",
            **form,
        ),
    )
    assert loaded.notes == ()


def test_what_differs_in_http_output_is_said(read):
    loaded = read("http_output: {enabled: true, url: http://x, echo: true, compress_uploads: true}")
    said = "\n".join(map(str, loaded.notes))
    for words in ("falcosidekick needs `json_output: true`", "echo is not supported", "compress_uploads"):
        assert words in said


def test_rules_are_falcos_and_absent_files_are_passed_over(read, tmp_path):
    (tmp_path / "a.yaml").touch()
    (tmp_path / "rules.d").mkdir()
    loaded = read("rules_files: [a.yaml, none.yaml, rules.d]\npriority: info\nwatch_config_files: false\n")
    rules = loaded.settings.rules
    assert rules.files == (f"{tmp_path}/a.yaml", f"{tmp_path}/rules.d")
    assert (rules.content, rules.matching, rules.priority, rules.watch) == (False, "first", "informational", False)
    assert any("passed over: none.yaml" in str(note) for note in loaded.notes)
    assert read("rules_file: a.yaml\nrule_matching: all").settings.rules.matching == "all"


def test_rules_are_switched_in_order(read):
    found = read("rules: [{disable: {rule: '*'}}, {enable: {tag: network}}, {enable: {rule: A, tag: b}}]")
    assert found.settings.rules.select == (
        Selection(disable=Target(rule="*")),
        Selection(enable=Target(tag="network")),
        Selection(enable=Target(rule="A")),
        Selection(enable=Target(tag="b")),
    )


@pytest.mark.parametrize(
    ("text", "web"),
    [
        ("webserver: {enabled: false}", WebSettings(enabled=False)),
        ("webserver: {listen_port: 9000, listen_address: 0.0.0.0}", WebSettings(listen="127.0.0.1:9000")),
        ("webserver: {listen_port: 8765, k8s_audit_endpoint: /k8s-audit}", WebSettings(listen="127.0.0.1:8766")),
    ],
)
def test_the_page_stays_on_loopback(read, text, web):
    assert read(text).settings.web == web


def test_the_old_audit_endpoint_becomes_a_webhook(read):
    found = read("webserver: {enabled: true, k8s_audit_endpoint: /k8s-audit, ssl_enabled: true, ssl_certificate: /p}")
    assert found.settings.sources == (WebhookSettings(listen="0.0.0.0:8765", tls=TlsSettings(cert="/p", key="/p")),)


def test_the_old_rate_and_log_level(read):
    found = read("outputs: {rate: 1, max_burst: 5}\nlog_level: notice").settings
    assert (found.throttle, found.log_level) == (ThrottleSettings(rate=1, max_burst=5), "info")


def test_what_is_not_supported_is_listed_once(read):
    loaded = read(
        AUDIT_LOG + "stdout_output: {enabled: true}\nsyslog_output: {enabled: true}\nprogram_output: {enabled: false}\n"
        "grpc: {enabled: yes}\nengine: {kind: modern_ebpf}\nbuffered_outputs: false\n"
    )
    assert [(note.level, str(note)) for note in loaded.notes] == [
        ("warning", "switched on in this file but not supported by lanner: grpc, syslog_output"),
        ("info", "without effect in lanner: buffered_outputs, engine, program_output"),
    ]


@pytest.mark.parametrize(("source", "warned"), [("syscall", False), ("k8s_audit", True)])
def test_append_output_is_said_where_it_matters(read, source, warned):
    loaded = read(AUDIT_LOG + f"append_output: [{{match: {{source: {source}}}, extra_output: x}}]")
    assert ("append_output" in warnings(loaded)) == warned


def test_unknown_and_double_keys_are_notes(read, tmp_path):
    loaded = read("json_outputt: true\nlog_stderr: true\nlog_stderr: false\nhttp_output: {urll: x}\nqqq: 1\n")
    for words in (
        f"{tmp_path}/falco.yaml:1:1: unknown key 'json_outputt' is ignored; did you mean 'json_output'?",
        ":3:1: 'log_stderr' is given twice; the first one counts",
        ":4:15: unknown key 'http_output.urll' is ignored; did you mean 'url'?",
        ":5:1: unknown key 'qqq' is ignored",
        "no supported output is enabled",
    ):
        assert words in warnings(loaded)


def test_variables_may_be_unset_as_in_falco(read):
    loaded = read("auditLog: {file: '${FILE}', hostname: 'a${NOPE}b'}", FILE="/f")
    assert (loaded.settings.hostname, loaded.settings.sources) == ("ab", (FileSettings(path="/f"),))
    assert ":1:39: the environment variable NOPE is not set" in warnings(loaded)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("json_output: maybe", "1:14: json_output: 'maybe' is neither true nor false"),
        ("priority: loud", "1:11: priority: 'loud' is none of emergency"),
        ("rule_matching: some", "1:16: rule_matching: 'some' is neither first nor all"),
        ("log_level: loud", "1:12: log_level: 'loud' is none of"),
        ("http_output: {enabled: true}", "1:15: http_output is enabled but has no `url`; add it"),
        ("http_output: {enabled: true, url: x}", "1:35: http_output.url: 'x' is no http://"),
        ("file_output:\n  enabled: true\n  filename:", "3:12: file_output is enabled but has no `filename`"),
        ("http_output: word", "1:14: http_output: write `key: value` lines below it"),
        ("priority: [a]", "1:11: priority: a plain word or number belongs here"),
        ("webserver: {listen_port: 70000}", "1:26: webserver.listen_port: 70000 is no port"),
        ("outputs: {rate: -1}", "1:17: outputs.rate: '-1' is no number from 0 up"),
        ("outputs: {rate: x}", "1:17: outputs.rate: 'x' is no number from 0 up"),
        ("plugins: [{name: k8saudit, open_params: 'http://h/x'}]", "1:41: open_params: 'http://h/x' needs a port"),
        ("plugins: [{name: k8saudit, open_params: 'http://h:x/x'}]", "1:41: open_params: 'http://h:x/x' needs a port"),
        ("plugins: [{name: k8saudit, open_params: 's3://b'}]", "1:41: open_params: 's3://b' is no path"),
        ("plugins: [{name: k8saudit, open_params: /a, init_config: '{'}]", "1:58: init_config: "),
        ("plugins: [{name: k8saudit, open_params: /a, init_config: 'x'}]", "1:58: init_config: write"),
    ],
)
def test_errors_name_the_place(read, tmp_path, text, error):
    with pytest.raises(SourceError) as caught:
        read(text + "\nstdout_output: {}\n")
    assert str(caught.value).startswith(f"{tmp_path}/falco.yaml:{error}")


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("append", ["a", "b"]), ("override", ["b"]), ("add-only", ["a"])],
)
def test_config_files_are_merged_by_strategy(read, tmp_path, strategy, expected):
    for name in ("a", "b"):
        (tmp_path / name).touch()
    folder = tmp_path / "config.d"
    folder.mkdir()
    (folder / "1.yaml").write_text("rules_files: [b]\njson_output: ${JSON}\nconfig_files: [x]\n")
    (folder / "ignored.txt").write_text("[")
    loaded = read(f"config_files: [{{path: config.d, strategy: {strategy}}}, none.yaml]\nrules_files: [a]", JSON="true")
    assert [Path(name).name for name in loaded.settings.rules.files] == expected
    assert loaded.settings.outputs[0].format == "json"
    said = "\n".join(map(str, loaded.notes))
    assert "none.yaml is not there" in said
    assert "1.yaml: config_files in an included file has no effect" in said


def test_an_error_in_an_included_file_names_that_file(read, tmp_path):
    (tmp_path / "more.yaml").write_text("\njson_output: maybe\n")
    with pytest.raises(SourceError) as caught:
        read("config_files: [more.yaml]")
    assert str(caught.value).startswith(f"{tmp_path}/more.yaml:2:14: ")


def test_bad_inclusions_are_refused(read, tmp_path, monkeypatch):
    with pytest.raises(SourceError, match="strategy 'mix' is none of append, override, add-only"):
        read("config_files: [{path: a, strategy: mix}]")
    (tmp_path / "a.yaml").touch()
    monkeypatch.setattr("lanner.settings.falco.include.MAX_FILES", 1)
    with pytest.raises(SourceError, match="more than 1 files"):
        read("config_files: [a.yaml, a.yaml]")
