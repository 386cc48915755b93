"""Writes the reference page of lanner's own rules: `python -m lanner.cli.rules_reference > docs/reference/rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from lanner import content
from lanner.rules.attack import techniques_of
from lanner.rules.correlation.model import Correlation
from lanner.rules.guidance import Guidance, load_guidance
from lanner.rules.loading import load_files
from lanner.rules.ruleset import Rule

HEAD = """# lanner's own rules

Written by `python -m lanner.cli.rules_reference` from the rules in `src/lanner/content` and the guidance beside them;
a test keeps it up to date. [content.md](../content.md) says how to tune them. Ids `T...` are MITRE ATT&CK's,
`MS-TA...` those of Microsoft's threat matrix for Kubernetes. Each has tests: `lanner rules test --rule NAME -v`.
"""


def reference() -> str:
    """Return the page."""
    loaded = load_files([content.FOLDER]).require()
    guidance = load_guidance([content.FOLDER])
    every: list[Rule | Correlation] = [*loaded.rules, *loaded.correlations]
    lines, file = [HEAD], ""
    for rule in every:
        if rule.file != file:
            file = rule.file
            lines.append(f"## {Path(file).name}\n")
        lines.extend(_section(rule, guidance.get(rule.name, Guidance())))
    return "\n".join(lines)


def _section(rule: Rule | Correlation, guidance: Guidance) -> Iterator[str]:
    kind = f" · correlation: {rule.kind}" if isinstance(rule, Correlation) else ""
    yield f"### {rule.name}\n"
    off = "" if rule.enabled else " · off by default"
    yield f"{rule.priority}{kind}{off} · {', '.join([*techniques_of(rule.tags), *guidance.matrix])}\n"
    yield f"{' '.join(rule.description.split())}\n"
    yield f"- Harmless: {guidance.false_positives}"
    yield f"- What to do: {' '.join(guidance.response)}\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
