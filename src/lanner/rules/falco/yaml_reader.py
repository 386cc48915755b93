"""Reads the YAML of rules: fast where it is right, and where it is not, as yaml-cpp does, in the words Falco shows."""

from __future__ import annotations

import re
from typing import NamedTuple

from lanner.config.yamltext import BoundError, Node, compose
from lanner.errors import SourceError
from lanner.rules.falco.findings import LoadError, Place
from lanner.rules.falco.values import is_null
from lanner.rules.falco.yaml_nodes import read_nodes
from lanner.rules.falco.yaml_stream import YamlCppError

CODE = "LOAD_ERR_YAML_PARSE"
MAX_SECOND_READING = 256 * 1024
"""Longer texts are not read as yaml-cpp does: that takes a second for as much."""

_QUESTION = re.compile(r"[\[{][^\[\]{}]*\?")
"""A question mark that may stand in text without quotes between brackets: yaml-cpp takes no such text."""

_HINTS = {
    "illegal map value": "put the text after the first ': ' into quotes",
    "illegal tab when looking for indentation": "indent with blanks, not with tabs",
    "end of map not found": "line the keys of one item up",
    "end of sequence not found": "line the '- ' of the items up",
    "end of sequence flow not found": "close the list with ']'",
    "end of map flow not found": "close the map with '}'",
    "illegal EOF in scalar": "close the quotes",
    "illegal block entry": "indent with blanks, and begin each item on its own line",
    "unexpected scalar": "put the quotes around the whole text",
    "unknown token": "put the text into quotes",
    "the referenced anchor": "define the anchor with & before its *use, or put the text into quotes",
    "unknown escape character": "double the backslash or use single quotes",
}


class Documents(NamedTuple):
    """The documents that Falco sees, and the line of the empty one that hides those after it (0: none is hidden)."""

    seen: list[Node]
    hidden_from: int = 0


def read_yaml(text: str, file: str) -> Documents:
    """Return the documents before the first empty one; raises LoadError."""
    try:
        documents = _seen(compose(text, file))
        if len(text) <= MAX_SECOND_READING and _QUESTION.search(text):
            _read_again(text, file)
    except BoundError as error:
        raise _error(error.message, file, error.line, error.column) from error
    except SourceError as error:
        if len(text) > MAX_SECOND_READING:
            raise _error(error.message, file, error.line, error.column) from error
        return Documents(_read_again(text, file))
    return documents


def _read_again(text: str, file: str) -> list[Node]:
    try:
        return read_nodes(text)
    except YamlCppError as error:
        raise _error(error.message, file, error.mark.line + 1, error.mark.column + 1) from error


def _seen(documents: list[Node]) -> Documents:
    for number, document in enumerate(documents):
        if is_null(document):
            hides = number + 1 < len(documents)
            return Documents(documents[:number], document.line if hides else 0)
    return Documents(documents)


def _error(problem: str, file: str, line: int, column: int) -> LoadError:
    place = f"error at line {line}, column {column}: " if line else ""
    hint = next((hint for start, hint in _HINTS.items() if problem.startswith(start)), "")
    return LoadError(CODE, f"yaml-cpp: {place}{problem}", Place(file, line, column), hint=hint)
