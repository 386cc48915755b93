"""Loads rule files of every language in order as one set: Falco's documents, and correlations in Sigma's form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.config import yamltext
from lanner.errors import SourceError, UsageError
from lanner.rules import ir
from lanner.rules.correlation.model import Correlation
from lanner.rules.correlation.reader import read_correlation
from lanner.rules.falco.documents import link_texts, read_text, rule_files
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
    catalogue = _Catalogue(loaded.rules, linker)
    correlations: list[Correlation] = []
    results = {result.file: result for result in loaded.results}
    for file, text in texts:
        if file in sigma:
            results[file] = _read(file, text, catalogue, correlations)
    ordered = [results[file] for file, _ in texts]
    return LoadedRules(rules=loaded.rules, correlations=correlations, results=ordered, linker=linker)


class _Catalogue:
    """What correlations may name: all rules that loaded."""

    def __init__(self, rules: Sequence[Rule], linker: Linker) -> None:
        self._rules = {rule.name: rule.condition for rule in rules}
        self._linker = linker

    def rule(self, name: str) -> ir.Condition | None:
        return self._rules.get(name)

    def names(self) -> list[str]:
        return list(self._rules)

    def condition(self, text: str) -> ir.Condition:
        return self._linker.condition(text)


def _read(file: str, text: str, catalogue: _Catalogue, correlations: list[Correlation]) -> FileResult:
    errors: list[Finding] = []
    try:
        for node in _documents(file, text):
            try:
                correlations.append(_correlation(node, file, catalogue, correlations))
            except SourceError as error:
                errors.append(_finding(error))
    except SourceError as error:
        errors.append(_finding(error))
    return FileResult(file=file, successful=not errors, errors=errors, warnings=[])


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
