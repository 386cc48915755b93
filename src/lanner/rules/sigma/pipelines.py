"""Users' own processing pipelines: pySigma reads and applies them to rules before fields become lanner's."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sigma.exceptions import SigmaError
from sigma.policy import SigmaPolicy
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.resolver import ProcessingPipelineResolver
from sigma.processing.transformations import transformations
from sigma.rule import SigmaRule

from lanner.config import yamltext
from lanner.config.typed import convert, nearest
from lanner.errors import GroundError, SourceError

BACKEND = "lanner"
_KEYS = ("name", "priority", "allowed_backends", "vars", "transformations", "postprocessing", "finalizers")
_KINDS: dict[str, tuple[type, str]] = {
    "name": (str, "a text"),
    "priority": (int, "a whole number"),
    "allowed_backends": (list, "a list of names"),
    "vars": (dict, "a mapping of names to values"),
}
_REFUSED = {
    "field_name_transform": "its function is written in Python; write a field_name_mapping",
    "file_placeholders": "write a list in a rules file: it stands for the placeholder of its name",
    "http_placeholders": "nothing is fetched from outside; write a list in a rules file",
    "command_placeholders": "no command is run; write a list in a rules file",
    "query_expression_placeholders": "there is no query to write into; write a list in a rules file",
}
_POLICY = SigmaPolicy(allow_template_vars=False, allow_external_sources=False, vars_allowed_paths=())
_UNREADABLE = (SigmaError, TypeError, AttributeError, ValueError, KeyError, IndexError, RecursionError)


class RefusedRule(Exception):  # noqa: N818 - it is a message, not a failure
    """A pipeline does not take a rule; the message says why."""


class Pipeline:
    """Several pipelines in the order of their priorities, as pySigma's resolver joins them."""

    def __init__(self, pipeline: ProcessingPipeline) -> None:
        self._pipeline = pipeline

    def apply(self, rule: SigmaRule) -> None:
        """Change a rule that parsed in place; raises RefusedRule."""
        try:
            self._pipeline.apply(rule)
        except _UNREADABLE as error:
            raise RefusedRule(f"the pipeline refuses it: {error}") from None

    def written(self, name: str) -> list[str]:
        """Return what a field is called in the rule that was changed last."""
        sources = self._pipeline.field_mappings.target_fields.get(name, set())
        return [name, *sorted(source for source in sources if source is not None)]


class _File(NamedTuple):
    path: str
    node: yamltext.Mapping

    def wrong(self, message: str, node: yamltext.Node | None = None) -> SourceError:
        at = node or self.node
        return SourceError(message, file=self.path, line=at.line, column=at.column)


def load_pipelines(paths: Sequence[Path]) -> Pipeline | None:
    """Load pipelines, folders by their *.yml in name order; raises SourceError with the place, and GroundError."""
    files = [file for path in paths for file in (sorted(path.glob("**/*.yml")) if path.is_dir() else [path])]
    if not files:
        return None
    resolver = ProcessingPipelineResolver({str(file): _read(file) for file in files})
    return Pipeline(resolver.resolve([str(file) for file in files]))


def _read(path: Path) -> ProcessingPipeline:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GroundError(f"{path}: the pipeline cannot be read: {error}") from error
    nodes = yamltext.compose(text, str(path))
    if len(nodes) != 1 or not isinstance(nodes[0], yamltext.Mapping):
        raise SourceError("a pipeline is one mapping with `transformations`", file=str(path), line=1, column=1)
    file = _File(str(path), nodes[0])
    document = convert(file.node, dict[str, Any], file=file.path)
    _check_keys(file, document)
    for number, node in enumerate(_items(file, file.node, "transformations")):
        _check_item(file, node, document["transformations"][number])
    try:
        return ProcessingPipeline.from_dict(document, policy=_POLICY)
    except _UNREADABLE as error:
        raise file.wrong(f"it cannot be read as a pipeline: {error}") from None


def _check_keys(file: _File, document: Mapping[str, Any]) -> None:
    for key, value in file.node.entries:
        if key.text not in _KEYS:
            raise file.wrong(f"unknown key '{key.text}'{nearest(key.text, list(_KEYS))}", key)
        kind, words = _KINDS.get(key.text, (object, ""))
        if not isinstance(document[key.text], kind):
            raise file.wrong(f"`{key.text}` is {words}", value)
        if key.text in ("postprocessing", "finalizers") and document[key.text]:
            raise file.wrong(f"`{key.text}` changes queries of other programs; lanner has none: take it out", value)
    allowed = document.get("allowed_backends")
    if allowed and BACKEND not in allowed:
        message = f"it is for {', '.join(map(str, allowed))} only: add {BACKEND} to allowed_backends"
        raise file.wrong(message, file.node.get("allowed_backends"))


def _items(file: _File, below: yamltext.Mapping, key: str) -> Iterator[yamltext.Mapping]:
    node = below.get(key)
    if node is None:
        return
    for item in node.items if isinstance(node, yamltext.Sequence) else (node,):
        if not isinstance(node, yamltext.Sequence) or not isinstance(item, yamltext.Mapping):
            raise file.wrong(f"`{key}` is a list of mappings, each with a `type`", item)
        yield item


def _check_item(file: _File, node: yamltext.Mapping, item: dict[str, Any]) -> None:
    kind = item.get("type")
    if kind not in transformations:
        raise file.wrong(f"no transformation is called '{kind}'{nearest(str(kind), list(transformations))}", node)
    if kind in _REFUSED:
        raise file.wrong(f"{kind}: {_REFUSED[kind]}", node.get("type"))
    for number, below in enumerate(_items(file, node, "items") if kind == "nest" else ()):
        _check_item(file, below, item["items"][number])
    try:
        ProcessingItem.from_dict(copy.deepcopy(item), policy=_POLICY)
    except _UNREADABLE as error:
        raise file.wrong(f"{kind}: {error}", node) from None
