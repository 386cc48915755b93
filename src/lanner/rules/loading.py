"""Loads rule files of every language in order as one set: Falco's documents, Sigma's rules and correlations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lanner.config import yamltext
from lanner.config.typed import nearest
from lanner.errors import SourceError, UsageError
from lanner.rules import ir
from lanner.rules.correlation.drafts import Draft, Drafts
from lanner.rules.correlation.model import Correlation
from lanner.rules.falco.documents import link_texts, read_text, rule_files
from lanner.rules.falco.expansion import resolve_items
from lanner.rules.falco.findings import FileResult, Finding
from lanner.rules.falco.linker import Linker
from lanner.rules.ruleset import Rule
from lanner.rules.sigma.collection import collect

if TYPE_CHECKING:
    from lanner.rules.sigma.filters import Filter
    from lanner.rules.sigma.pipelines import Pipeline
    from lanner.rules.sigma.reader import ReadRule

__all__ = ["LoadedRules", "load_files", "load_texts", "rule_files"]

CODE = "LOAD_ERR_CORRELATION"
_KEYED = re.compile(r"^(?:correlation|detection|filter|logsource|action)\s*:", re.MULTILINE)


class LoadedRules(msgspec.Struct, kw_only=True):
    """What all files that loaded hold, in order, one result a file, and the linker that knows macros and lists."""

    rules: list[Rule]
    correlations: list[Correlation]
    results: list[FileResult]
    linker: Linker

    @property
    def successful(self) -> bool:
        """True when every file loaded."""
        return all(result.successful for result in self.results)

    def require(self) -> LoadedRules:
        """Return itself; raises UsageError that lists every error with its place when a file did not load."""
        errors = [(result.file, error) for result in self.results for error in result.errors]
        if errors:
            lines = [f"{error.file or file}:{error.line}:{error.column}: {error.message}" for file, error in errors]
            raise UsageError("the rules cannot be used:\n" + "\n".join(lines))
        return self


def load_files(paths: Sequence[Path], pipelines: Sequence[Path] = ()) -> LoadedRules:
    """Load files in order, folders by their *.yaml and *.yml (not *.test.yaml) in name order.

    `pipelines` are pySigma's, which change Sigma's rules as they are read. Raises GroundError, and SourceError where a
    pipeline is wrong.
    """
    return load_texts([(str(path), read_text(path)) for path in rule_files(paths)], pipelines)


def load_texts(texts: Sequence[tuple[str, str]], pipelines: Sequence[Path] = ()) -> LoadedRules:
    """Load (file name, text) pairs in order; what is wrong with rules stands in the results.

    Raises SourceError and GroundError where a pipeline cannot be used.
    """
    sigma = {file for file, text in texts if _KEYED.search(text)}
    loaded, linker = link_texts([pair for pair in texts if pair[0] not in sigma])
    files = [_SigmaFile(file, text) for file, text in texts if file in sigma]
    catalogue = _Catalogue(loaded.rules, linker, _pipeline(pipelines))
    for each in files:
        each.read_filters(catalogue)
    for each in files:
        each.read_rules(catalogue)
    for each in files:
        each.judge_filters(catalogue)
    drafts = Drafts([draft for each in files for draft in each.drafts()], catalogue)
    correlations = drafts.read()
    for each in files:
        each.take_drafts()
    silent = _silenced(drafts, catalogue)
    correlations = [_without(one, silent) for one in correlations]
    results = {result.file: result for result in (*loaded.results, *[each.result() for each in files])}
    for name, file in silent.items():
        note = f"'{name}' alerts through correlations only; `generate: true` in one of them makes it alert by itself"
        results[file].notes.append(note)
    return LoadedRules(
        rules=catalogue.rules(silent),
        correlations=correlations,
        results=[results[file] for file, _ in texts],
        linker=linker,
    )


def _pipeline(paths: Sequence[Path]) -> Pipeline | None:
    if not paths:
        return None
    from lanner.rules.sigma.pipelines import load_pipelines  # noqa: PLC0415 - pySigma is slow to load

    return load_pipelines(paths)


def _silenced(drafts: Drafts, catalogue: _Catalogue) -> dict[str, str]:
    """Return what does not alert by itself because a correlation looks at it (Sigma 2.1), and its file.

    That is rules of Sigma's and correlations, where no correlation that looks at them says `generate: true`.
    """
    silent: dict[str, str] = {}
    alerting: set[str] = set()
    for draft in drafts.drafts:
        if draft.found is None or not draft.found.enabled:
            continue
        for below in map(drafts.called, draft.looks_at):
            if below is None:
                continue
            if draft.generates:
                alerting.add(below.name)
            elif below.enabled and not catalogue.is_falco(below):
                silent[below.name] = below.file
    return {name: file for name, file in silent.items() if name not in alerting}


_Either = TypeVar("_Either", Rule, Correlation)


def _without(one: _Either, silent: Mapping[str, str]) -> _Either:
    return msgspec.structs.replace(one, enabled=False) if one.name in silent else one


class _Catalogue:
    """All rules that loaded, by every name that correlations may call them by."""

    def __init__(self, rules: Sequence[Rule], linker: Linker, pipeline: Pipeline | None) -> None:
        self.pipeline = pipeline
        self._falco = list(rules)
        self._sigma: dict[str, Rule] = {}
        self._named: dict[str, Rule] = {rule.name: rule for rule in rules}
        self._linker = linker
        self.left_out: set[str] = set()
        self.filters: list[Filter] = []

    @cached_property
    def lists(self) -> dict[str, list[str]]:
        """The lists of Falco's files, which Sigma's placeholders stand for."""
        return {
            name: [item.strip("\"'") for item in items]
            for name, items in resolve_items(self._linker.collector.lists, set()).items()
        }

    def add(self, rule: Rule, names: Sequence[str]) -> None:
        self._sigma[rule.name] = rule
        self._named.update(dict.fromkeys(names, rule))

    def rule_called(self, name: str) -> Rule | None:
        return self._named.get(name)

    def names(self) -> list[str]:
        return list(self._named)

    def condition(self, text: str) -> ir.Condition:
        return self._linker.condition(text)

    def is_sigma(self, name: str) -> bool:
        return name in self._named and self._named[name].name in self._sigma

    def filtered(self, rule: Rule, found: ReadRule) -> Rule:
        """Return a rule with the filters that are for it in its condition."""
        if not self.filters:
            return rule
        from lanner.rules.sigma.filters import filtered  # noqa: PLC0415 - pySigma is slow to load

        return filtered(rule, found, self.filters)

    def is_falco(self, one: Rule | Correlation) -> bool:
        return isinstance(one, Rule) and one.name not in self._sigma

    def rules(self, silent: Mapping[str, str]) -> list[Rule]:
        """Return the rules, Falco's first; those that are silent are switched off."""
        return [*self._falco, *(_without(rule, silent) for rule in self._sigma.values())]


class _SigmaFile:
    """One file in Sigma's form: its rules are read first, of all files, then its correlations."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._errors: list[Finding] = []
        self._warnings: list[Finding] = []
        self._notes: list[str] = []
        self._nodes: list[yamltext.Mapping] = []
        self._drafts: list[Draft] = []
        self._filters: list[Filter] = []
        try:
            self._nodes, wrong = collect(list(_documents(file, text)), file)
            self._errors.extend(map(_finding, wrong))
        except SourceError as error:
            self._errors.append(_finding(error))

    def result(self) -> FileResult:
        return FileResult(
            file=self._file,
            successful=not self._errors,
            errors=self._errors,
            warnings=self._warnings,
            notes=self._notes,
        )

    def read_filters(self, catalogue: _Catalogue) -> None:
        for node in self._nodes:
            if node.get("filter") is not None:
                from lanner.rules.sigma.filters import read_filter  # noqa: PLC0415 - pySigma is slow to load

                filter_, found = read_filter(node, self._file, catalogue.lists, catalogue.pipeline)
                self._tell(found)
                if filter_ is not None:
                    self._filters.append(filter_)
        catalogue.filters.extend(self._filters)

    def judge_filters(self, catalogue: _Catalogue) -> None:
        """Tell which names in filters are no rule's."""
        for filter_ in self._filters:
            for name in filter_.rules:
                if not catalogue.is_sigma(name) and name not in catalogue.left_out:
                    message = f"no rule of Sigma's is called '{name}'{nearest(name, catalogue.names())}"
                    found = msgspec.structs.replace(filter_.place, code="SIGMA_FILTER_RULE", message=message)
                    self._warnings.append(found)

    def read_rules(self, catalogue: _Catalogue) -> None:
        for node in self._nodes:
            if node.get("correlation") is None and node.get("filter") is None:
                self._read_rule(node, catalogue)

    def _tell(self, found: ReadRule) -> None:
        self._errors.extend(found.errors)
        self._warnings.extend(found.warnings)
        self._notes.extend(found.notes)

    def _read_rule(self, node: yamltext.Mapping, catalogue: _Catalogue) -> None:
        from lanner.rules.sigma.reader import CODE as SIGMA_CODE  # noqa: PLC0415 - pySigma is slow to load
        from lanner.rules.sigma.reader import read_rule  # noqa: PLC0415

        found = read_rule(node, self._file, catalogue.lists, catalogue.pipeline)
        self._tell(found)
        if found.rule is None:
            catalogue.left_out.update(found.names)
            return
        for name in found.names:
            earlier = catalogue.rule_called(name)
            if earlier is not None:
                message = f"'{name}' is what the rule at {earlier.file}:{earlier.line} is called as well"
                self._errors.append(Finding(code=SIGMA_CODE, message=message, line=node.line, column=node.column))
                return
        catalogue.add(catalogue.filtered(found.rule, found), found.names)

    def drafts(self) -> list[Draft]:
        """Return its correlations, to be read together with those of other files."""
        self._drafts = [Draft(node, self._file) for node in self._nodes if node.get("correlation") is not None]
        return self._drafts

    def take_drafts(self) -> None:
        """Take over what is to be said of its correlations."""
        self._errors.extend(_finding(draft.error) for draft in self._drafts if draft.error is not None)
        self._notes.extend(draft.note for draft in self._drafts if draft.note)


def _documents(file: str, text: str) -> Iterator[yamltext.Mapping]:
    for node in yamltext.compose(text, file):
        if isinstance(node, yamltext.Scalar) and not node.text and not node.quoted:
            continue  # an empty document, such as one after the last ---
        if not isinstance(node, yamltext.Mapping):
            raise SourceError(
                "a Sigma document is a mapping with a title", file=file, line=node.line, column=node.column
            )
        merge = yamltext.merge_key(node)
        if merge is not None:
            message = "YAML's merge keys (<<) are not read: write the keys out, or use `action: global`"
            raise SourceError(message, file=file, line=merge.line, column=merge.column)
        yield node


def _finding(error: SourceError) -> Finding:
    return Finding(code=CODE, message=error.message, line=error.line, column=error.column)
