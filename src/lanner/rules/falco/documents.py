"""Loads Falco rules documents: several files in order as one set, each with its own result."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.audit.event import SOURCE
from lanner.errors import GroundError
from lanner.rules.falco.collector import Collector
from lanner.rules.falco.findings import UNUSED, USED_LATER, FileResult, Finding, Loaded, LoadError
from lanner.rules.falco.linker import Linked, Linker
from lanner.rules.falco.positions import Source
from lanner.rules.falco.reader import read_document
from lanner.rules.falco.reading import Reading
from lanner.rules.falco.yaml_reader import read_yaml

__all__ = ["FileResult", "Finding", "Loaded", "load_files", "load_texts", "rule_files"]

_BYTE_ORDER_MARK = "\ufeff"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load_texts(texts: Sequence[tuple[str, str]]) -> Loaded:
    """Load (file name, text) pairs in order; what is wrong stands in the results, nothing is raised.

    A file with a mistake keeps what stood before the mistake (Falco), and the files after it are judged by themselves.
    """
    return link_texts(texts)[0]


def link_texts(texts: Sequence[tuple[str, str]]) -> tuple[Loaded, Linker]:
    """Load like load_texts and give the linker as well: it knows macros, lists and places, which rules no longer do."""
    texts = [(file, _readable(text)) for file, text in texts]
    sources = {file: Source(text) for file, text in texts}
    collector = Collector()
    linker = Linker(collector, sources)
    linked = Linked()
    results: list[FileResult] = []
    for file, text in texts:
        result = _read(file, text, collector)
        linked = linker.link(file)
        _add_linked(result, linked)
        result.notes.extend(_notes(file, collector))
        results.append(result)
    _say_used_later(results, linked)
    return Loaded(rules=linked.rules, results=results), linker


def _readable(text: str) -> str:
    """Return a text without its mark, and with U+FFFD for halves of surrogate pairs, which no file holds."""
    return text.removeprefix(_BYTE_ORDER_MARK).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def load_files(paths: Sequence[Path]) -> Loaded:
    """Load files in order, folders by their *.yaml and *.yml (not *.test.yaml) in name order; raises GroundError."""
    return link_files(paths)[0]


def link_files(paths: Sequence[Path]) -> tuple[Loaded, Linker]:
    """Load like load_files and give the linker as well; raises GroundError."""
    return link_texts([(str(path), read_text(path)) for path in rule_files(paths)])


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that paths stand for; raises GroundError for paths that do not exist."""
    return [file for path in paths for file in _files_of(path)]


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.iterdir() if _is_rules(file))
    elif path.exists():
        yield path
    else:
        raise GroundError(f"{path}: no such file or folder")


def _is_rules(file: Path) -> bool:
    # Tests and guidance lie beside the rules and are no rules.
    return file.suffix in (".yaml", ".yml") and not file.stem.endswith((".test", ".guidance")) and file.is_file()


def read_text(path: Path) -> str:
    """Return a file's text as yaml-cpp takes it; raises GroundError."""
    try:
        data = path.read_bytes()
        # yaml-cpp takes other encodings by their mark and lets wrong bytes of UTF-8 through.
        return data.decode("utf-16" if data[:2] in _UTF16 else "utf-8", "replace")
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror or error}") from error


def _read(file: str, text: str, collector: Collector) -> FileResult:
    reading = Reading(file, collector)
    errors: list[Finding] = []
    notes: list[str] = []
    try:
        documents = read_yaml(text, file)
        if documents.hidden_from:
            notes.append(f"nothing is read behind the empty document in line {documents.hidden_from} (as Falco does)")
        for document in documents.seen:
            read_document(reading, document)
    except LoadError as error:
        errors.append(error.finding(file))
    return FileResult(file=file, successful=not errors, errors=errors, warnings=reading.warnings, notes=notes)


def _add_linked(result: FileResult, linked: Linked) -> None:
    errors = [*result.errors, *(error.finding(result.file) for error in linked.errors)]
    # Falco stops at its first error; the rest are shown apart so that its answers stay comparable.
    result.errors, result.further = errors[:1], errors[1:]
    if result.successful:
        result.successful = not errors
        result.warnings.extend((*linked.warnings, *linked.unused))


def _say_used_later(results: Sequence[FileResult], last: Linked) -> None:
    """Give a hint where Falco calls unused, after each file, what a later file uses."""
    if last.errors:
        return
    unused = {(finding.code, finding.item) for finding in last.unused}
    for result in results:
        result.warnings = [
            msgspec.structs.replace(finding, hint=USED_LATER)
            if finding.code in UNUSED and (finding.code, finding.item) not in unused
            else finding
            for finding in result.warnings
        ]


def _notes(file: str, collector: Collector) -> Iterator[str]:
    others = Counter(
        rule.source for rule in collector.rules.values() if rule.source != SOURCE and rule.place.file == file
    )
    for source, count in sorted(others.items()):
        yield f"{count} rules of source {source} are not run: lanner reads Kubernetes audit events"
