"""`lanner policy check`: would kube-apiserver load this policy, and what is wrong with it beyond that."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.cli.console import Format, FormatOption, print_json
from lanner.policy.findings import PolicyFinding
from lanner.policy.loading import LoadedPolicy, load_policy


def check(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    format_: FormatOption = Format.text,
) -> None:
    """Say whether kube-apiserver would load a policy, with its own words, and what lint finds beyond that.

    Exit code 1 when kube-apiserver would refuse the policy; warnings and findings do not change it.
    """
    loaded = load_policy(policy)
    findings = _findings(loaded)
    if format_ is Format.json:
        print_json(_as_json(loaded, findings))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _as_text(loaded, findings))
    if loaded.policy is None:
        raise typer.Exit(1)


def _findings(loaded: LoadedPolicy) -> list[PolicyFinding]:
    if importlib.util.find_spec("lanner.policy.lint") is None:
        return []
    return list(importlib.import_module("lanner.policy.lint").lint(loaded))


def _as_json(loaded: LoadedPolicy, findings: list[PolicyFinding]) -> dict[str, Any]:
    return {
        "valid": loaded.policy is not None,
        "errors": [_finding(found) for found in loaded.errors],
        "warnings": [_finding(found) for found in loaded.warnings],
        "findings": [_finding(found) for found in findings],
    }


def _finding(found: PolicyFinding) -> dict[str, Any]:
    return found._asdict()


def _as_text(loaded: LoadedPolicy, findings: list[PolicyFinding]) -> Iterator[str]:
    for found in (*loaded.errors, *loaded.warnings, *findings):
        place = ":".join(str(part) for part in (loaded.file, found.line, found.column) if part)
        yield f"{place}: {found.severity}: {found.message} [{found.check}]"
        if found.fix:
            yield f"    {found.fix}"
