"""`lanner policy explain`: which rule decides a request, and why the ones above it do not."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from lanner.cli.console import Format, FormatOption, note, print_json
from lanner.cli.rules.events import parse_selection, read_events
from lanner.errors import UsageError
from lanner.policy.attributes import of_event, of_json, of_words
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.explain import Explanation, resource_text
from lanner.policy.explain import explain as explained
from lanner.policy.loading import load_policy
from lanner.policy.model import Attributes, Decision, Policy, PolicyRule
from lanner.sources.history import read_lines

_ROW = msgspec.json.Decoder(dict[str, Any])


class _Asked(NamedTuple):
    """A request that is asked about, and what to call it."""

    attributes: Attributes
    title: str


def explain(  # noqa: PLR0917 - Typer reads options from parameters
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The audit policy's file, YAML or JSON.")],
    attributes: Annotated[
        str | None,
        typer.Option(
            "--attributes", metavar="FILE", help="Requests, one JSON object a line (User, Groups, Verb ...), or -."
        ),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option("--event", metavar="EVENTS", help="Audit events: a file (may be packed), FILE:N for one, or -."),
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Who asks, before impersonation.")] = "",
    group: Annotated[list[str] | None, typer.Option("--group", help="A group of the user. Repeatable.")] = None,
    verb: Annotated[str, typer.Option("--verb", help="create, get, list, watch, update, patch, delete ...")] = "",
    resource: Annotated[
        str, typer.Option("--resource", help="pods, pods/exec, deployments.apps, deployments.apps/scale.")
    ] = "",
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="The namespace of the resource.")] = "",
    name: Annotated[str, typer.Option("--name", help="The name of the object in the URL.")] = "",
    url: Annotated[str, typer.Option("--url", help="A path that is no resource's, such as /healthz.")] = "",
    limit: Annotated[int, typer.Option(help="Explain at most so many requests in the text form.", min=1)] = 20,
    format_: FormatOption = Format.text,
) -> None:
    """Say at which level a request is logged, by which rule, and why the rules above it do not decide.

    The request comes from words (--user, --verb, --resource ...), from audit events (--event) or from rows of
    attributes (--attributes). With --attributes, or --format json, one JSON object a line: level, omitStages,
    omitManagedFields and rule (counted from 0, null where no rule matches). Exit code 1 when kube-apiserver would
    refuse the policy.
    """
    words = _words(user, group or [], verb, resource, namespace, name, url)
    loaded = load_policy(policy)
    if loaded.policy is None:
        note(f"{policy}: kube-apiserver would refuse this policy: {loaded.refusal or loaded.errors[0].message}")
        raise typer.Exit(1)
    asked = _asked(attributes, event, words)
    if attributes is not None or format_ is Format.json:
        _print_decisions(loaded.policy, asked)
        return
    for number, request in enumerate(itertools.islice(asked, limit + 1)):
        if number == limit:
            note(f"only the first {limit} requests are explained; --limit shows more, --format json decides all")
            break
        lines = _as_text(loaded.policy, loaded.text.splitlines(), request)
        sys.stdout.writelines(f"{line}\n" for line in lines)


def _words(  # noqa: PLR0917 - one for each option
    user: str, groups: list[str], verb: str, resource: str, namespace: str, name: str, url: str
) -> Attributes | None:
    if not any((user, groups, verb, resource, namespace, name, url)):
        return None
    return of_words(user=user, groups=groups, verb=verb, resource=resource, namespace=namespace, name=name, url=url)


def _asked(attributes: str | None, event: str | None, words: Attributes | None) -> Iterator[_Asked]:
    given = [source for source in (attributes, event, words) if source is not None]
    if len(given) != 1:
        raise UsageError("name the request in one way: --attributes, --event, or --resource or --url with other words")
    if attributes is not None:
        return _rows(attributes)
    if event is not None:
        return (
            _Asked(of_event(found.head), f"event {found.number}") for found in read_events(parse_selection(event, None))
        )
    assert words is not None
    return iter([_Asked(words, "request")])


def _rows(path: str) -> Iterator[_Asked]:
    for line in read_lines(Path(path)):
        if not line.data.strip():
            continue
        try:
            row = _ROW.decode(line.data)
            yield _Asked(of_json(row), f"line {line.number}")
        except (msgspec.DecodeError, UsageError) as error:
            raise UsageError(f"{path}:{line.number}: {error}") from error


def _print_decisions(policy: Policy, asked: Iterator[_Asked]) -> None:
    compiled = CompiledPolicy(policy)
    for request in asked:
        print_json(_as_json(compiled.decide(request.attributes)))


def _as_json(decision: Decision) -> dict[str, Any]:
    return {
        "level": decision.level.text,
        "omitStages": list(decision.omit_stages),
        "omitManagedFields": decision.omit_managed_fields,
        "rule": decision.rule,
    }


def _as_text(policy: Policy, text: list[str], request: _Asked) -> Iterator[str]:
    found = explained(policy, request.attributes)
    yield f"{request.title}: {_request_text(request.attributes)}"
    yield f"  {_verdict(found)}"
    if found.decision.rule is not None:
        yield from _written(policy.rules[found.decision.rule], policy.file, text)
    if found.passed:
        yield "  rules above that do not match:" if found.decision.rule is not None else "  no rule matches:"
    for passed in found.passed:
        yield f"    rule {passed.rule}, line {policy.rules[passed.rule].place.line}: {passed.reason}"
    yield ""


def _request_text(attributes: Attributes) -> str:
    what = resource_text(attributes) if attributes.resource_request else attributes.path
    parts = [attributes.user or "(no user)", attributes.verb or "(no verb)", what]
    parts += [f"in {attributes.namespace}"] if attributes.namespace else []
    parts += [f"named {attributes.name}"] if attributes.name else []
    return " ".join(parts)


def _verdict(found: Explanation) -> str:
    decision = found.decision
    by = f"rule {decision.rule}" if decision.rule is not None else "no rule, and what no rule matches is not logged"
    stages = f", without {', '.join(decision.omit_stages)}" if decision.omit_stages else ""
    return f"{decision.level.text} by {by}{stages}{', without managedFields' if decision.omit_managed_fields else ''}"


def _written(rule: PolicyRule, file: str, text: list[str]) -> Iterator[str]:
    """Yield a rule as it is written, from its line to where the indentation ends."""
    line, column = rule.place
    if not 0 < line <= len(text):
        return
    yield f"  {file}:{line}"
    yield f"    | {text[line - 1]}"
    for further in itertools.islice(text, line, line + 40):
        if further.strip() and len(further) - len(further.lstrip()) < column - 1:
            break
        if further.strip():
            yield f"    | {further}"
