"""`lanner policy check`: would kube-apiserver load this policy, and what is wrong with it beyond that."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.cli.console import Format, FormatOption, print_json
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint import lint
from lanner.policy.loading import LoadedPolicy, load_policy


def check(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    format_: FormatOption = Format.text,
) -> None:
    """Say whether kube-apiserver would load a policy, with its own words, and what lint finds beyond that.

    Exit code 1 when kube-apiserver would refuse the policy; warnings and findings do not change it.
    """
    loaded = load_policy(policy)
    findings = lint(loaded)
    if format_ is Format.json:
        print_json(_as_json(loaded, findings))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _as_text(loaded, findings))
    if loaded.policy is None:
        raise typer.Exit(1)


def _as_json(loaded: LoadedPolicy, findings: list[PolicyFinding]) -> dict[str, Any]:
    return {
        "valid": loaded.policy is not None,
        "errors": [_finding(found) for found in loaded.errors],
        "warnings": [_finding(found) for found in loaded.warnings],
        "findings": [_finding(found) for found in findings],
        "refusal": loaded.refusal or None,
        "warning": loaded.warning or None,
    }


def _finding(found: PolicyFinding) -> dict[str, Any]:
    shown = {"check": found.check, "severity": found.severity, "rule": found.rule, "message": found.message}
    return shown | {"line": found.line, "column": found.column, "fix": found.fix}


def _as_text(loaded: LoadedPolicy, findings: list[PolicyFinding]) -> Iterator[str]:
    if loaded.policy is not None and not loaded.warnings and not findings:
        yield f"{loaded.file}: fine, {len(loaded.policy.rules)} rules"
    remarks = sorted((*loaded.warnings, *findings), key=lambda found: (found.line, found.column))
    for found in (*loaded.errors, *remarks):
        place = ":".join(str(part) for part in (loaded.file, found.line, found.column) if part)
        yield f"{place}: {found.severity}: {found.message} [{found.check}]"
        if found.fix:
            yield textwrap.indent(found.fix, "    ")
