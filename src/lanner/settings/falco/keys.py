"""The top keys of falco.yaml that lanner knows: what becomes of each.

From Falco's configuration reference, releases 0.13 (auditLog) to 0.45.
"""

from __future__ import annotations

USED = frozenset(
    {
        "append_output",
        "auditLog",
        "config_files",
        "file_output",
        "http_output",
        "json_include_message_property",
        "json_include_output_fields_property",
        "json_include_output_property",
        "json_include_tags_property",
        "json_output",
        "load_plugins",
        "log_level",
        "outputs",
        "plugins",
        "priority",
        "rule_matching",
        "rules",
        "rules_file",
        "rules_files",
        "stdout_output",
        "time_format_iso_8601",
        "watch_config_files",
        "webserver",
    }
)
"""Translated, or looked at to say precisely what is missing."""

QUIET = frozenset({"log_stderr"})
"""lanner does this anyway."""

SWITCHED = frozenset({"grpc", "grpc_output", "metrics", "program_output", "syslog_output"})
"""Not supported; of interest to the user only where `enabled` is true."""

SYSCALLS = frozenset(
    {
        "base_syscalls",
        "buffer_format_base64",
        "capture",
        "container_engines",
        "engine",
        "falco_libs",
        "libs_logger",
        "metadata_download",
        "modern_bpf",
        "syscall_buf_size_preset",
        "syscall_drop_failed_exit",
        "syscall_event_drops",
        "syscall_event_timeouts",
    }
)
"""About watching system calls, which lanner does not do."""

REPLACED = frozenset({"buffered_outputs", "log_syslog", "output_timeout", "outputs_queue", "static_fields"})
"""About Falco's own machinery; lanner's outbox and logs work otherwise."""

FALCO_KEYS = USED | QUIET | SWITCHED | SYSCALLS | REPLACED
