"""Tests of rules, written beside them in *.test.yaml: which rules an event must and must not fire, and what they say.

The form is described in docs/rules.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.config import yamltext
from lanner.errors import GroundError, SourceError
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.hints import nearest
from lanner.rules.falco.output import OutputFormat
from lanner.rules.ruleset import Rule

SUFFIX = ".test.yaml"
MAX_EVENTS_BYTES = 64 * 1024 * 1024

SKELETON: Mapping[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "00000000-0000-4000-8000-000000000000",
    "stage": "ResponseComplete",
    "requestURI": "/",
    "verb": "get",
    "user": {"username": "alice@example.com", "groups": ["system:authenticated"]},
    "sourceIPs": ["192.0.2.10"],
    "userAgent": "kubectl/v1.36.3",
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z",
    "stageTimestamp": "2026-01-02T03:04:05.000000Z",
    "annotations": {"authorization.k8s.io/decision": "allow"},
}
"""What every event of a test has, unless the test says otherwise."""


class Expectation(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A rule that must fire: how often over all events of the test (at least once if not said), and its output."""

    rule: str
    times: int | None = None
    output: str | None = None


class RuleTest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One test as written: its events (one of event, events, file), and what must come of them."""

    name: str
    event: dict[str, Any] | None = None
    events: list[dict[str, Any]] | None = None
    file: str | None = None
    base: str | None = None
    fires: list[str | Expectation] = []
    silent: list[str] = []


class RuleTests(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A file of tests: named events to begin from, the rules it is about (empty: those given), and the tests."""

    tests: list[RuleTest]
    bases: dict[str, dict[str, Any]] = {}
    rules: list[str] = []


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What a test gave: `problems` is empty when it passed; `fired` counts the rules that fired."""

    file: str
    test: str
    line: int
    problems: list[str]
    fired: dict[str, int]

    @property
    def passed(self) -> bool:
        return not self.problems


class TestFile:
    """One file of tests, read and checked."""

    __test__ = False

    def __init__(self, path: Path) -> None:
        """Read it; raises GroundError when it cannot be read and SourceError where it is wrong."""
        self.path = path
        root = _read(path)
        try:
            self.content = msgspec.convert(yamltext.to_python(root), RuleTests)
        except msgspec.ValidationError as error:
            raise SourceError(str(error), file=str(path), line=root.line, column=root.column) from error
        tests = root.get("tests") if isinstance(root, yamltext.Mapping) else None
        self._lines = [node.line for node in tests.items] if isinstance(tests, yamltext.Sequence) else []

    def rule_paths(self) -> list[Path]:
        """The rule files that the tests name, seen from the folder they lie in."""
        return [self.path.parent / name for name in self.content.rules]

    def rule_names(self) -> set[str]:
        """The rules that some test speaks of."""
        return {name for test in self.content.tests for name in (*map(_rule_of, test.fires), *test.silent)}

    def run(self, rules: Sequence[Rule]) -> Iterator[Outcome]:
        """Yield the outcome of each test against the rules; disabled rules take part, so that they stay right."""
        subject = _Subject(rules)
        for test, line in zip(self.content.tests, self._lines, strict=True):
            try:
                problems, fired = subject.judge(test, self._events(test))
            except SourceError as error:
                problems, fired = [error.message], Counter()
            yield Outcome(file=str(self.path), test=test.name, line=line, problems=problems, fired=dict(fired))

    def _events(self, test: RuleTest) -> list[Event]:
        given = [part for part in (test.event, test.events, test.file) if part is not None]
        if len(given) != 1 and not (not given and test.base is not None):
            raise SourceError("a test has one of event, events, file, or a base alone")
        if test.file is not None:
            return _decode(_read_events(self.path.parent / test.file), test.file)
        base = self._base(test.base)
        changes = test.events if test.events is not None else [test.event or {}]
        return [_event(merge(base, change), test.name) for change in changes]

    def _base(self, name: str | None) -> Mapping[str, Any]:
        if name is None:
            return SKELETON
        if name not in self.content.bases:
            raise SourceError(f"no base {name!r}; {nearest(name, self.content.bases) or 'see bases'}")
        return merge(SKELETON, self.content.bases[name])


class _Subject:
    """The rules under test, compiled once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._names = {rule.name for rule in rules}
        self._matcher = compile_conditions([rule.condition for rule in rules])
        self._formats = [OutputFormat(rule.output) for rule in rules]

    def judge(self, test: RuleTest, events: Sequence[Event]) -> tuple[list[str], Counter[str]]:
        fired: Counter[str] = Counter()
        outputs: dict[str, list[str]] = {}
        for event in events:
            for index in self._matcher.match(event):
                name = self._rules[index].name
                fired[name] += 1
                outputs.setdefault(name, []).append(self._formats[index].render(event))
        problems = [problem for part in test.fires for problem in self._missing(part, fired, outputs)]
        problems.extend(self._unknown(name) for name in test.silent if name not in self._names)
        problems.extend(f"{name!r} fired and should not" for name in test.silent if fired[name])
        return problems, fired

    def _missing(
        self, expected: str | Expectation, fired: Counter[str], outputs: Mapping[str, list[str]]
    ) -> Iterator[str]:
        name = _rule_of(expected)
        if name not in self._names:
            yield self._unknown(name)
        elif not fired[name]:
            yield f"{name!r} did not fire; fired: {', '.join(fired) or 'nothing'}"
        elif isinstance(expected, Expectation):
            if expected.times not in (None, fired[name]):
                yield f"{name!r} fired {fired[name]} times, not {expected.times}"
            if expected.output is not None and expected.output not in outputs[name]:
                yield f"{name!r} said\n    {outputs[name][0]}\n  not\n    {expected.output}"

    def _unknown(self, name: str) -> str:
        return f"no rule {name!r}; {nearest(name, self._names)}".removesuffix("; ")


def _rule_of(expected: str | Expectation) -> str:
    return expected if isinstance(expected, str) else expected.rule


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with the change laid over it: maps key by key, all else replaced (null empties a key)."""
    merged = dict(base)
    for key, value in change.items():
        below = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = merge(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def find_tests(paths: Sequence[Path]) -> list[Path]:
    """Return the test files that paths stand for: files as they are, folders by their *.test.yaml in name order."""
    found: list[Path] = []
    for path in paths:
        found.extend(sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])
    return found


def _read(path: Path) -> yamltext.Node:
    documents = yamltext.compose(_read_bytes(path).decode("utf-8", "replace"), str(path))
    if len(documents) != 1 or not isinstance(documents[0], yamltext.Mapping):
        raise SourceError("a file of tests is one map with the key tests", file=str(path), line=1, column=1)
    return documents[0]


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_EVENTS_BYTES + 1)
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error
    if len(data) > MAX_EVENTS_BYTES:
        raise SourceError(f"larger than {MAX_EVENTS_BYTES} bytes", file=str(path))
    return data


def _read_events(path: Path) -> list[bytes]:
    return [line for line in _read_bytes(path).splitlines() if line.strip()]


def _decode(lines: Sequence[bytes], name: str) -> list[Event]:
    events: list[Event] = []
    for line in lines:
        decoded = decode(line)
        if decoded.refusals:
            raise SourceError(f"{name}: {decoded.refusals[0].reason}")
        events.extend(decoded.events)
    return events


def _event(document: Mapping[str, Any], name: str) -> Event:
    return _decode([msgspec.json.encode(document)], name)[0]
