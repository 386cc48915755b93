"""Loads rule files of every language in order as one set: Falco's documents, Sigma's rules and correlations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from lanner.config import yamltext
from lanner.errors import SourceError, UsageError
from lanner.rules import ir
from lanner.rules.correlation.model import Correlation
from lanner.rules.correlation.reader import read_correlation
from lanner.rules.falco.documents import link_texts, read_text, rule_files
from lanner.rules.falco.expansion import resolve_items
from lanner.rules.falco.findings import FileResult, Finding
from lanner.rules.falco.linker import Linker
from lanner.rules.ruleset import Rule

__all__ = ["LoadedRules", "load_files", "load_texts", "rule_files"]

CODE = "LOAD_ERR_CORRELATION"
_KEYED = re.compile(r"^(?:correlation|detection|logsource)\s*:", re.MULTILINE)


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


def load_files(paths: Sequence[Path]) -> LoadedRules:
    """Load files in order, folders by their *.yaml and *.yml (not *.test.yaml) in name order; raises GroundError."""
    return load_texts([(str(path), read_text(path)) for path in rule_files(paths)])


def load_texts(texts: Sequence[tuple[str, str]]) -> LoadedRules:
    """Load (file name, text) pairs in order; what is wrong stands in the results, nothing is raised."""
    sigma = {file for file, text in texts if _KEYED.search(text)}
    loaded, linker = link_texts([pair for pair in texts if pair[0] not in sigma])
    files = [_SigmaFile(file, text) for file, text in texts if file in sigma]
    catalogue = _Catalogue(loaded.rules, linker)
    for each in files:
        each.read_rules(catalogue)
    for each in files:
        each.read_correlations(catalogue)
    rules = catalogue.all_rules(files)
    results = {result.file: result for result in (*loaded.results, *[each.result() for each in files])}
    for name in catalogue.silenced:
        note = f"'{name}' alerts through correlations only; `generate: true` in one of them makes it alert by itself"
        results[catalogue.rule_file(name)].notes.append(note)
    return LoadedRules(
        rules=rules,
        correlations=catalogue.correlations,
        results=[results[file] for file, _ in texts],
        linker=linker,
    )


class _Catalogue:
    """All rules that loaded, by every name that correlations may call them by, and the correlations."""

    def __init__(self, rules: Sequence[Rule], linker: Linker) -> None:
        self._falco = list(rules)
        self._sigma: dict[str, Rule] = {}
        self._named: dict[str, Rule] = {rule.name: rule for rule in rules}
        self._linker = linker
        self.correlations: list[Correlation] = []
        self.silenced: list[str] = []
        self.left_out: set[str] = set()

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

    def rule(self, name: str) -> ir.Condition | None:
        found = self._named.get(name)
        return None if found is None else found.condition

    def names(self) -> list[str]:
        return list(self._named)

    def condition(self, text: str) -> ir.Condition:
        return self._linker.condition(text)

    def all_rules(self, files: Sequence[_SigmaFile]) -> list[Rule]:
        """Return the rules, Falco's first; Sigma's that only correlations look at are switched off (Sigma 2.1)."""
        used = {name for each in files for name in each.used}
        alerting = {name for each in files for name in each.generating}
        silent = self._titles(used) - self._titles(alerting)
        self.silenced = [name for name in self._sigma if name in silent]
        for name in self.silenced:
            self._sigma[name] = msgspec.structs.replace(self._sigma[name], enabled=False)
        return [*self._falco, *self._sigma.values()]

    def _titles(self, names: set[str]) -> set[str]:
        return {self._named[name].name for name in names if name in self._named}

    def rule_file(self, name: str) -> str:
        """Return the file of a rule of Sigma's."""
        return self._sigma[name].file


class _SigmaFile:
    """One file in Sigma's form: its rules are read first, of all files, then its correlations."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._errors: list[Finding] = []
        self._warnings: list[Finding] = []
        self._notes: list[str] = []
        self._nodes: list[yamltext.Mapping] = []
        self.used: set[str] = set()
        self.generating: set[str] = set()
        try:
            self._nodes = list(_documents(file, text))
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

    def read_rules(self, catalogue: _Catalogue) -> None:
        for node in self._nodes:
            if node.get("correlation") is None:
                self._read_rule(node, catalogue)

    def _read_rule(self, node: yamltext.Mapping, catalogue: _Catalogue) -> None:
        from lanner.rules.sigma.reader import CODE as SIGMA_CODE  # noqa: PLC0415 - pySigma is slow to load
        from lanner.rules.sigma.reader import read_rule  # noqa: PLC0415

        found = read_rule(node, self._file, catalogue.lists)
        self._errors.extend(found.errors)
        self._warnings.extend(found.warnings)
        self._notes.extend(found.notes)
        if found.rule is None:
            catalogue.left_out.update(found.names)
            return
        for name in found.names:
            earlier = catalogue.rule_called(name)
            if earlier is not None:
                message = f"'{name}' is what the rule at {earlier.file}:{earlier.line} is called as well"
                self._errors.append(Finding(code=SIGMA_CODE, message=message, line=node.line, column=node.column))
                return
        catalogue.add(found.rule, found.names)

    def read_correlations(self, catalogue: _Catalogue) -> None:
        for node in self._nodes:
            if node.get("correlation") is not None:
                self._read_correlation(node, catalogue)

    def _read_correlation(self, node: yamltext.Mapping, catalogue: _Catalogue) -> None:
        document = yamltext.to_python(node)
        names, generates = _named_rules(document["correlation"])
        if names & catalogue.left_out:
            self._notes.append(f"'{document.get('title')}' correlates rules for other logs and is left out")
            return
        try:
            catalogue.correlations.append(_correlation(node, self._file, catalogue, catalogue.correlations))
        except SourceError as error:
            self._errors.append(_finding(error))
            return
        self.used |= names
        if generates:
            self.generating |= names


def _named_rules(body: Any) -> tuple[set[str], bool]:
    """Return the rules that a correlation names, and whether they alert by themselves all the same."""
    if not isinstance(body, dict):
        return set(), False
    rules = body.get("rules")
    names = rules if isinstance(rules, list) else [rules]
    return {name for name in names if isinstance(name, str)}, body.get("generate") is True


def _documents(file: str, text: str) -> Iterator[yamltext.Mapping]:
    for node in yamltext.compose(text, file):
        if not isinstance(node, yamltext.Mapping):
            raise SourceError(
                "a Sigma document is a mapping with a title", file=file, line=node.line, column=node.column
            )
        yield node


def _correlation(node: yamltext.Mapping, file: str, catalogue: _Catalogue, known: Sequence[Correlation]) -> Correlation:
    found = read_correlation(node, file, catalogue)
    earlier = next((other for other in known if other.name == found.name), None)
    if earlier is not None:
        where = f"{earlier.file}:{earlier.line}"
        raise SourceError(
            f"'{found.name}' is the title of {where} as well", file=file, line=node.line, column=node.column
        )
    return found


def _finding(error: SourceError) -> Finding:
    return Finding(code=CODE, message=error.message, line=error.line, column=error.column)
