"""Writes a suggested policy as YAML whose comments say what each line is for, who needs it and what it costs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from lanner.policy.model import GroupResources, PolicyRule
from lanner.policy.suggest.lines import Line
from lanner.policy.suggest.model import Suggestion
from lanner.policy.suggest.traffic import Cost

WIDTH = 100
NAMES = 4
"""Names of rules that a comment lists before it counts the rest."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./-]*")


def write_policy(suggestion: Suggestion) -> str:
    """Return the policy's YAML."""
    return "\n".join(_document(suggestion)) + "\n"


def _document(suggestion: Suggestion) -> Iterator[str]:
    yield from _comment(_heading(suggestion))
    yield "apiVersion: audit.k8s.io/v1"
    yield "kind: Policy"
    policy = suggestion.policy
    if policy.omit_stages:
        yield f"omitStages: {yaml_list(policy.omit_stages)}"
    if policy.omit_managed_fields:
        yield "omitManagedFields: true"
    yield "rules:"
    for number, line in enumerate(suggestion.lines):
        cost = suggestion.price.by_rule.get(number, Cost())
        yield from _comment(_remark(line, cost, suggestion.price.kept), "  ")
        yield from rule_lines(line.rule)


def _heading(suggestion: Suggestion) -> str:
    kept, now = suggestion.price.kept, suggestion.now
    state = "no rule loses sight" if suggestion.proved else "NOT PROVED: some rules lose sight, see the report"
    if suggestion.proved and suggestion.partly:
        state = f"as allowed, {len(suggestion.partly)} of them miss some requests, the others none"
    return (
        f"Suggested by lanner for {len(suggestion.sights)} rules: {state}. "
        f"Of the log it was made from it keeps {megabytes(kept.bytes)} of {megabytes(now.bytes)} "
        f"({kept.events:,} of {now.events:,} events)."
    )


def _remark(line: Line, cost: Cost, kept: Cost) -> str:
    needed = f" For {names(line.needed_by)}." if line.needed_by else ""
    if not line.rule.level:
        return f"{line.purpose}{needed}"
    if not cost.events:
        return f"{line.purpose}{needed} Nothing in this log."
    return f"{line.purpose}{needed} {megabytes(cost.bytes)}, {share(cost.bytes, kept.bytes)} of what is kept."


def names(rules: Sequence[str], most: int = NAMES) -> str:
    """Return names of rules, cut sensibly."""
    shown = ", ".join(rules[:most])
    return f"{shown} and {len(rules) - most} more" if len(rules) > most else shown


def megabytes(size: int) -> str:
    """Return a size for people: MB of a million bytes, kB below a tenth of one."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"


def share(part: int, whole: int) -> str:
    """Return a share in percent, with a decimal where it is small."""
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.0f} %" if percent >= 10 or not percent else f"{percent:.1f} %"


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_on_hyphens=False
    )


def rule_lines(rule: PolicyRule, indent: str = "  ") -> Iterator[str]:
    """Yield the lines of one rule of a policy's `rules`."""
    yield f"{indent}- level: {rule.level.text}"
    inner = indent + "  "
    for key, values in (
        ("users", rule.users),
        ("userGroups", rule.user_groups),
        ("verbs", rule.verbs),
        ("namespaces", rule.namespaces),
        ("nonResourceURLs", rule.non_resource_urls),
    ):
        if values:
            yield from _listed(key, values, inner)
    if rule.resources:
        yield f"{inner}resources:"
        for part in rule.resources:
            yield from _resource_lines(part, inner + "  ")
    if rule.omit_stages:
        yield f"{inner}omitStages: {yaml_list(rule.omit_stages)}"
    if rule.omit_managed_fields is not None:
        yield f"{inner}omitManagedFields: {str(rule.omit_managed_fields).lower()}"


def _resource_lines(part: GroupResources, indent: str) -> Iterator[str]:
    yield f"{indent}- group: {_scalar(part.group)}"
    for key, values in (("resources", part.resources), ("resourceNames", part.resource_names)):
        if values:
            yield from _listed(key, values, indent + "  ")


def _listed(key: str, values: Sequence[str], indent: str) -> Iterator[str]:
    """Yield a list on one line, or on as many as it takes."""
    whole = f"{indent}{key}: {yaml_list(values)}"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"{indent}{key}:"
    opened, row = indent + "  [", ""
    for number, value in enumerate(values, 1):
        piece = _scalar(value) + ("]" if number == len(values) else ",")
        if row and len(opened) + len(row) + 1 + len(piece) > WIDTH:
            yield opened + row
            opened, row = " " * len(opened), ""
        row = f"{row} {piece}" if row else piece
    yield opened + row


def yaml_list(values: Iterable[str]) -> str:
    """Return texts as a YAML list on one line."""
    return f"[{', '.join(map(_scalar, values))}]"


_WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _scalar(value: str) -> str:
    """Return a text as YAML, quoted unless it cannot be read as anything else."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML:
        return value
    return f'"{"".join(map(_character, value))}"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else f"\\U{ord(one):08x}"


def on_one_line(rule: PolicyRule) -> str:
    """Return a rule as YAML that stands on one line."""
    parts = [f"level: {rule.level.text}"]
    for key, values in (("users", rule.users), ("userGroups", rule.user_groups), ("verbs", rule.verbs)):
        parts += [f"{key}: {yaml_list(values)}"] if values else []
    parts += [f"nonResourceURLs: {yaml_list(rule.non_resource_urls)}"] if rule.non_resource_urls else []
    parts += [f"resources: [{', '.join(map(_resource_on_one_line, rule.resources))}]"] if rule.resources else []
    parts += [f"omitStages: {yaml_list(rule.omit_stages)}"] if rule.omit_stages else []
    return f"{{{', '.join(parts)}}}"


def _resource_on_one_line(part: GroupResources) -> str:
    return f"{{group: {_scalar(part.group)}, resources: {yaml_list(part.resources)}}}"
