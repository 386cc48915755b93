"""Reads files of tests: each test with the nodes it was written in, so that what is wrong can be shown in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lanner.config import typed, yamltext
from lanner.errors import GroundError, SourceError
from lanner.rules.falco.hints import nearest
from lanner.rules.ruleset import PRIORITIES
from lanner.rules.testing.events import SKELETON, merge, misspelt_key
from lanner.rules.testing.form import Case, Content, Denied, Expected
from lanner.rules.testing.objects import parse_object

SUFFIX = ".test.yaml"
_PRIORITY_NAMES = {name.lower(): name for name in PRIORITIES} | {"info": "Informational"}
Step = str | int


class Written(NamedTuple):
    """One test: what it says, or the mistake that keeps it from being run, and the node it was written in."""

    name: str
    node: yamltext.Node
    case: Case | None
    mistake: SourceError | None = None


class TestFile:
    """One file of tests, read and checked; `tests` has all of them, the mistaken ones too."""

    __test__ = False

    def __init__(self, path: Path) -> None:
        """Read it; raises GroundError when it cannot be read and SourceError where it is no file of tests."""
        self.path = path
        self.text = _read_text(path)
        self.root = _compose(self.text, str(path))
        for key, below in self.root.entries:
            if key.text != "tests":
                self._refuse_merges(yamltext.Mapping(((key, below),), key.line, key.column))
        self.content = typed.convert(self.root, Content, file=str(path))
        for number, rules in enumerate(self.content.rules):
            self._check_path(rules, self.root, ("rules", number))
        for name, base in self.content.bases.items():
            self._check_keys(base, self.root, ("bases", name))
        node = self.root.get("tests")
        self.tests = [self._written(item) for item in node.items] if isinstance(node, yamltext.Sequence) else []

    def rule_paths(self) -> list[Path]:
        """The rule files that the tests name, seen from the folder they lie in."""
        return [self.path.parent / name for name in self.content.rules]

    def base(self, case: Case) -> Mapping[str, Any]:
        """Return the whole event that a test's events are laid over."""
        return SKELETON if case.base is None else merge(SKELETON, self.content.bases[case.base])

    def mistake(self, message: str, node: yamltext.Node, *path: Step) -> SourceError:
        """Make an error about what stands at a path below a node."""
        place = descend(node, path)
        return SourceError(message, file=str(self.path), line=place.line, column=place.column)

    def _refuse_merges(self, node: yamltext.Node) -> None:
        found = yamltext.merge_key(node)
        if found is not None:
            raise self.mistake(
                "YAML's merge keys (<<) are not read: put what is shared under `bases` and name it", found
            )

    def _written(self, node: yamltext.Node) -> Written:
        given = node.get("name") if isinstance(node, yamltext.Mapping) else None
        name = given.text if isinstance(given, yamltext.Scalar) else ""
        try:
            self._refuse_merges(node)
            case = typed.convert(node, Case, file=str(self.path))
            self._check(case, node)
        except SourceError as error:
            return Written(name, node, None, error)
        return Written(name, node, case)

    def _check(self, case: Case, node: yamltext.Node) -> None:
        given = [key for key in ("event", "events", "file") if getattr(case, key) is not None]
        if len(given) != 1 and not (not given and case.base is not None):
            raise self.mistake("a test has one of event, events, file, or a base alone", node, *given[1:2])
        if case.file is not None and case.base is not None:
            raise self.mistake("the events of a file are whole: no base is laid under them", node, "base")
        if case.base is not None and case.base not in self.content.bases:
            hint = nearest(case.base, self.content.bases) or "define it under bases"
            raise self.mistake(f"no base {case.base!r}; {hint}", node, "base")
        if not (case.fires or case.silent or case.only or case.alerts is not None):
            raise self.mistake("nothing is expected: give the test fires, silent, only or alerts", node)
        self._check_path(case.file or "", node, ("file",))
        self._check_keys(case.event or {}, node, ("event",))
        for number, change in enumerate(case.events or ()):
            self._check_keys(change, node, ("events", number))
        for key, entries in (("fires", case.fires), ("silent", case.silent)):
            for number, entry in enumerate(entries):
                if not isinstance(entry, str):
                    self._check_entry(entry, node, (key, number))

    def _check_entry(self, entry: Expected | Denied, node: yamltext.Node, path: tuple[Step, ...]) -> None:
        for number, written in enumerate(entry.objects or ()):
            try:
                parse_object(written)
            except ValueError as error:
                raise self.mistake(str(error), node, *path, "objects", number) from None
        if isinstance(entry, Expected) and entry.priority is not None and not priority_name(entry.priority):
            message = f"{entry.priority!r} is no priority; known are {', '.join(PRIORITIES)}"
            raise self.mistake(message, node, *path, "priority")

    def _check_path(self, text: str, node: yamltext.Node, path: Sequence[Step]) -> None:
        if "\0" in text:
            raise self.mistake("no file's name has a NUL in it", node, *path)
        if text == "-":
            raise self.mistake("a test does not read standard input; name a file", node, *path)

    def _check_keys(self, change: Mapping[str, Any], node: yamltext.Node, path: Sequence[Step]) -> None:
        found = misspelt_key(change)
        if found is not None:
            keys, hint = found
            raise self.mistake(f"{keys[-1]!r} is no key of an audit event; {hint}", node, *path, *keys)


def priority_name(text: str) -> str | None:
    """Return a priority as Falco prints it, None for what is no priority."""
    return _PRIORITY_NAMES.get(text.lower())


def rule_of(entry: str | Expected | Denied) -> str:
    """Return the rule that an entry of `fires` or `silent` is about."""
    return entry if isinstance(entry, str) else entry.rule


def spoken_of(case: Case) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the rules that a test names, each with where in the test it does."""
    entries: dict[str, Sequence[str | Expected | Denied]] = {"fires": case.fires, "silent": case.silent}
    for key, items in entries.items():
        for number, entry in enumerate(items):
            yield ((key, number) if isinstance(entry, str) else (key, number, "rule")), rule_of(entry)


def find_tests(paths: Sequence[Path]) -> list[Path]:
    """Return the test files that paths stand for: files as they are, folders by their *.test.yaml in name order."""
    found: list[Path] = []
    for path in paths:
        found.extend(sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])
    return found


def descend(node: yamltext.Node, path: Sequence[Step]) -> yamltext.Node:
    """Return what stands at a path, or the last node on the way there."""
    for step in path:
        below: yamltext.Node | None = None
        if isinstance(node, yamltext.Mapping) and isinstance(step, str):
            below = node.get(step)
        elif isinstance(node, yamltext.Sequence) and isinstance(step, int):
            below = node.items[step]
        if below is None:
            break
        node = below
    return node


def _compose(text: str, file: str) -> yamltext.Mapping:
    documents = yamltext.compose(text, file)
    if len(documents) != 1 or not isinstance(documents[0], yamltext.Mapping):
        raise SourceError("a file of tests is one map with the key tests", file=file, line=1, column=1)
    return documents[0]


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(yamltext.MAX_BYTES + 1)
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error
    return data.decode("utf-8", "replace").removeprefix("\ufeff")
