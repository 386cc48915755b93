"""The rules under test: loaded and compiled once, and again with what tests add to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy

from lanner.audit.event import Event
from lanner.config.yamltext import Node, to_python
from lanner.errors import SourceError
from lanner.rules.compile import compile_conditions
from lanner.rules.correlation.model import Correlation
from lanner.rules.falco.findings import Finding, LoadError
from lanner.rules.falco.linker import Linker
from lanner.rules.falco.outlines import Outlines
from lanner.rules.falco.output import OutputFormat
from lanner.rules.falco.positions import Source
from lanner.rules.falco.reader import read_document
from lanner.rules.falco.reading import Reading
from lanner.rules.outline import Outline
from lanner.rules.ruleset import Rule
from lanner.rules.testing.branches import Branches
from lanner.rules.testing.files import TestFile
from lanner.rules.testing.form import Matching

VARIANTS_KEPT = 64


class Subject:
    """Rules that loaded, ready to be tried."""

    def __init__(self, rules: Sequence[Rule], linker: Linker, correlations: Iterable[Correlation] = ()) -> None:
        """Take the rules and the linker that made them, and the correlations beside them."""
        self.rules = list(rules)
        self.correlations = {correlation.name: correlation for correlation in correlations}
        self._outlines = Outlines(linker)
        self.numbers = {rule.name: number for number, rule in enumerate(self.rules)}
        self.formats = [OutputFormat(rule.output) for rule in self.rules]
        self._matcher = compile_conditions([rule.condition for rule in self.rules])
        self._branches: dict[str, Branches] = {}

    def rule(self, name: str) -> Rule:
        """Return the rule of a name that is known."""
        return self.rules[self.numbers[name]]

    def named(self, name: str) -> Rule | Correlation:
        """Return the rule or correlation of a name that is known."""
        return self.rule(name) if name in self.numbers else self.correlations[name]

    def outline(self, name: str) -> Outline:
        """Return a rule's condition as it was written."""
        return self._outlines.of(self.rule(name))

    def branches(self, name: str) -> Branches:
        """Return a rule's condition taken apart, once."""
        found = self._branches.get(name)
        if found is None:
            found = self._branches[name] = Branches(self.rule(name).condition)
        return found

    def fire(self, event: Event, named: set[str], matching: Matching) -> Iterator[int]:
        """Yield the numbers of the rules that an event fires; disabled ones take part where the test names them."""
        for number in self._matcher.match(event):
            rule = self.rules[number]
            if rule.enabled or rule.name in named:
                yield number
                if matching == "first":
                    return


class RuleSets:
    """One set of rule files, and its variants by what files of tests put behind it."""

    def __init__(self, rules: Sequence[Rule], linker: Linker, correlations: Sequence[Correlation] = ()) -> None:
        """Take what loading the files gave; all of them must have loaded."""
        self._linker, self._correlations = linker, correlations
        self.plain = Subject(rules, linker, correlations)
        self._variants: dict[str, Subject] = {}

    def with_snippets(self, file: TestFile, snippets: Sequence[Node]) -> Subject:
        """Return the rules with snippets of a test file loaded behind them; raises SourceError where one is wrong."""
        if not snippets:
            return self.plain
        key = repr([to_python(snippet) for snippet in snippets])
        if key not in self._variants:
            if len(self._variants) >= VARIANTS_KEPT:
                self._variants.clear()
            self._variants[key] = self._load(file, snippets)
        return self._variants[key]

    def _load(self, file: TestFile, snippets: Sequence[Node]) -> Subject:
        name = str(file.path)
        collector = deepcopy(self._linker.collector)
        linker = Linker(collector, {**self._linker.sources, name: Source(file.text)})
        try:
            for snippet in snippets:
                read_document(Reading(name, collector), snippet)
        except LoadError as error:
            raise _placed(error.finding(name), name) from None
        linked = linker.link(name)
        for found in linked.errors:
            raise _placed(found.finding(name), name)
        others = [rule for rule in self.plain.rules if rule.name not in collector.rules]  # of other languages
        return Subject([*linked.rules, *others], linker, self._correlations)


def _placed(found: Finding, name: str) -> SourceError:
    hint = f"; {found.hint}" if found.hint else ""
    return SourceError(f"{found.message}{hint}", file=found.file or name, line=found.line, column=found.column)
