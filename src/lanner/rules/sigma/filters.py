"""Sigma's filters: a condition that is added to the rules that a document names, or to all of its log source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
from sigma.rule import SigmaLogSource

from lanner.config.yamltext import Mapping, Node, Scalar
from lanner.config.yamltext import Sequence as Items
from lanner.errors import SourceError
from lanner.rules import ir
from lanner.rules.falco.findings import Finding
from lanner.rules.ruleset import Rule
from lanner.rules.sigma.pipelines import Pipeline
from lanner.rules.sigma.reader import CODE, ReadRule, read_rule
from lanner.rules.sigma.values import Lists

ANY = "any"
KEEPS = "SIGMA_FILTER_KEEPS"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that loaded: `rules` are names and ids of rules, none for all rules of the log source."""

    title: str
    condition: ir.Condition
    rules: tuple[str, ...]
    source: SigmaLogSource
    place: Finding

    def applies(self, names: Sequence[str], source: SigmaLogSource) -> bool:
        """Say whether a rule is meant, by what it is called and its log source."""
        return source in self.source and (not self.rules or any(name in self.rules for name in names))


def read_filter(
    node: Mapping, file: str, lists: Lists, pipeline: Pipeline | None = None
) -> tuple[Filter | None, ReadRule]:
    """Read one document; nothing is raised, what is wrong stands in what was read."""
    body = node.get("filter")
    try:
        if not isinstance(body, Mapping):
            raise _wrong("a filter has `rules`, selections and a `condition`", file, body or node)
        rules = tuple(_rules(body.get("rules"), file, body))
        condition = body.get("condition")
        if not isinstance(condition, Scalar):
            raise _wrong("a filter has one condition, a text", file, condition or body)
    except SourceError as error:
        return None, ReadRule(errors=[Finding(code=CODE, message=error.message, line=error.line, column=error.column)])
    found = read_rule(_as_rule(node, body), file, lists, pipeline)
    if found.rule is None or found.source is None:
        return None, found
    place = Finding(code=KEEPS, message="", line=condition.line, column=condition.column, item=found.rule.name)
    if not any(isinstance(part, ir.Not) for part in _walk(found.rule.condition)):
        message = "the condition has no `not`: of the rules' events only those that it matches are left"
        hint = "write `not selection` to leave the selected events out"
        found.warnings.append(msgspec.structs.replace(place, message=message, hint=hint))
    return Filter(
        title=found.rule.name, condition=found.rule.condition, rules=rules, source=found.source, place=place
    ), found


def filtered(rule: Rule, found: ReadRule, filters: Sequence[Filter]) -> Rule:
    """Return a rule with the filters that are for it in its condition."""
    mine = [each for each in filters if found.source is not None and each.applies(found.names, found.source)]
    if not mine:
        return rule
    parts = [rule.condition, *(each.condition for each in mine)]
    items = [item for part in parts for item in (part.items if isinstance(part, ir.And) else (part,))]
    return msgspec.structs.replace(
        rule,
        condition=ir.And(tuple(items)),
        filters=tuple(each.title for each in mine),
        named=(*rule.named, *((f"filter '{each.title}'", each.condition) for each in mine)),
    )


def _rules(node: Node | None, file: str, body: Mapping) -> Iterator[str]:
    """Yield the names in `rules`; none for `any` and, as in pySigma, for an empty list."""
    items = node.items if isinstance(node, Items) else (node,)
    if isinstance(node, Scalar) and node.text.lower() == ANY:
        return
    for item in items:
        if not isinstance(item, Scalar) or not item.text:
            raise _wrong("`rules` names the rules that are filtered, by name or id, or is `any`", file, item or body)
        yield item.text


def _as_rule(node: Mapping, body: Mapping) -> Mapping:
    """Return the rule whose condition is the filter's, each part in its place."""
    detection = replace(body, entries=tuple(pair for pair in body.entries if pair[0].text != "rules"))
    key = next(key for key, _ in node.entries if key.text == "filter")
    kept = tuple(pair for pair in node.entries if pair[0].text not in ("filter", "detection", "level", "status"))
    return replace(node, entries=(*kept, (replace(key, text="detection"), detection)))


def _walk(condition: ir.Condition) -> Iterator[ir.Condition]:
    yield condition
    match condition:
        case ir.And(items) | ir.Or(items):
            for item in items:
                yield from _walk(item)


def _wrong(message: str, file: str, node: Node) -> SourceError:
    return SourceError(message, file=file, line=node.line, column=node.column)
