"""What kube-apiserver requires of a policy that decodes (k8s.io/apiserver pkg/apis/audit/validation), in its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lanner.policy.decoding.quoting import json_list, json_quote, quote
from lanner.policy.decoding.value import Step
from lanner.policy.model import LEVELS, STAGES

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_NO_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LONGEST_SUBDOMAIN = 253
"""kube-apiserver's message for names of API groups is data: it is compared with what it prints."""


class Mistake(NamedTuple):
    """What is wrong, where in the tree it is, in which rule, and what to write instead."""

    message: str
    path: tuple[Step, ...]
    rule: int | None = None
    fix: str = ""


def validate(policy: dict[str, Any]) -> list[Mistake]:
    """Return all mistakes of a decoded policy in kube-apiserver's order."""
    found = list(_stages(policy.get("omitStages"), "omitStages", ("omitStages",), None))
    for number, rule in enumerate(policy.get("rules") or ()):
        found += _rule(rule or {}, number)
    return found


def _rule(rule: dict[str, Any], number: int) -> Iterator[Mistake]:
    name, path = f"rules[{number}]", ("rules", number)
    yield from _level(rule.get("level") or "", name, path)
    urls = rule.get("nonResourceURLs") or ()
    yield from _urls(urls, f"{name}.nonResourceURLs", (*path, "nonResourceURLs"))
    yield from _resources(rule.get("resources") or (), f"{name}.resources", (*path, "resources"))
    yield from _stages(rule.get("omitStages"), f"{name}.omitStages", (*path, "omitStages"), number)
    if urls and (rule.get("resources") or rule.get("namespaces")):
        detail = "rules cannot apply to both regular resources and non-resource URLs"
        message = f"{name}.nonResourceURLs: Invalid value: {json_list(_texts(urls))}: {detail}"
        fix = "write two rules: one with nonResourceURLs, one with resources and namespaces"
        yield Mistake(message, (*path, "nonResourceURLs"), number, fix)


def _texts(items: Iterable[str | None]) -> list[str]:
    """A null in a list of texts is an empty text."""
    return [item or "" for item in items]


def _level(level: str, name: str, path: tuple[Step, ...]) -> Iterator[Mistake]:
    rule = path[1] if isinstance(path[1], int) else None
    fix = f"write one of {', '.join(LEVELS)}"
    if not level:
        yield Mistake(f"{name}.level: Required value", (*path, "level"), rule, f"level: {fix}")
    elif level not in LEVELS:
        near = [known for known in LEVELS if known.lower() == level.lower()]
        supported = ", ".join(quote(known) for known in LEVELS)
        message = f"{name}.level: Unsupported value: {json_quote(level)}: supported values: {supported}"
        yield Mistake(message, (*path, "level"), rule, f"write level: {near[0]}" if near else fix)


def _urls(urls: Iterable[str | None], name: str, path: tuple[Step, ...]) -> Iterator[Mistake]:
    rule = path[1] if isinstance(path[1], int) else None
    for index, url in enumerate(_texts(urls)):
        place, where = (*path, index), f"{name}[{index}]: Invalid value: {quote(url)}"
        if url == "*":
            continue
        if not url.startswith("/"):
            fix = f"write {'/' + url}" if url else "leave the empty URL out"
            yield Mistake(f"{where}: non-resource URL rules must begin with a '/' character", place, rule, fix)
        if "*" in url[:-1]:
            fix = f"write {url[: url.index('*') + 1]}, which stands for all that begins so"
            detail = "non-resource URL wildcards '*' must be the final character of the rule"
            yield Mistake(f"{where}: {detail}", place, rule, fix)


def _resources(parts: Iterable[dict[str, Any] | None], name: str, path: tuple[Step, ...]) -> Iterator[Mistake]:
    rule = path[1] if isinstance(path[1], int) else None
    for index, part in enumerate(part or {} for part in parts):
        group = part.get("group") or ""
        if group not in ("", "*") and (wrong := list(_no_subdomain(group))):
            message = f"{name}.group: Invalid value: {quote(group)}: {','.join(wrong)}"
            fix = f"write the group without its version: {group.partition('/')[0]}" if "/" in group else ""
            yield Mistake(message, (*path, index, "group"), rule, fix or "write a group such as apps, or * for all")
        names = part.get("resourceNames")
        if names and not part.get("resources"):
            detail = "using resourceNames requires at least one resource"
            message = f"{name}.resourceNames: Invalid value: {json_list(_texts(names))}: {detail}"
            yield Mistake(
                message, (*path, index, "resourceNames"), rule, "add resources: the kinds that have these names"
            )


def _no_subdomain(name: str) -> Iterator[str]:
    if len(name.encode()) > _LONGEST_SUBDOMAIN:
        yield f"must be no more than {_LONGEST_SUBDOMAIN} characters"
    if not re.fullmatch(_SUBDOMAIN, name):
        yield _NO_SUBDOMAIN


def _stages(stages: Any, name: str, path: tuple[Step, ...], rule: int | None) -> Iterator[Mistake]:
    for index, stage in enumerate(_texts(stages or ())):
        if stage not in STAGES:
            near = [known for known in STAGES if known.lower() == stage.lower()]
            message = f"{name}[{index}]: Invalid value: {quote(stage)}: allowed stages are {','.join(STAGES)}"
            yield Mistake(message, (*path, index), rule, f"write {near[0] if near else ' or '.join(STAGES)}")
