"""Sigma's collections: `action: global`, `reset` and `repeat` join documents of a file, as pySigma reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lanner.config.typed import convert, nearest
from lanner.config.yamltext import Mapping, Node, Scalar
from lanner.errors import SourceError

ACTIONS = ("global", "reset", "repeat")
_APART = ("correlation", "filter")


def collect(documents: Sequence[Mapping], file: str) -> tuple[list[Mapping], list[SourceError]]:
    """Return the documents that stand for themselves, and what is wrong with those that join others.

    `global` is put into each rule after it, over what the rule says, until `reset` or the next `global`; `repeat` is
    put over the rule before it and makes one more. Correlations and filters stay as they are.
    """
    if not any(document.get("action") for document in documents):
        return list(documents), []
    collection = _Collection(file)
    found: list[Mapping] = []
    errors: list[SourceError] = []
    for document in documents:
        try:
            found.extend(collection.take(document))
        except SourceError as error:
            errors.append(error)
    return found, errors


class _Collection:
    def __init__(self, file: str) -> None:
        self._file = file
        self._nothing = Mapping((), 0, 0)
        self._global = self._before = self._nothing
        self._titles: Counter[str] = Counter()

    def take(self, document: Mapping) -> Iterator[Mapping]:
        convert(document, dict[str, Any], file=self._file)  # refuses keys that are given twice
        action = document.get("action")
        if action is None:
            if any(document.get(key) for key in _APART):
                yield document
                return
            self._before = _over(document, self._global)
        elif not isinstance(action, Scalar) or action.text not in ACTIONS:
            word = action.text if isinstance(action, Scalar) else ""
            message = f"no action is called '{word}'{nearest(word, list(ACTIONS))}"
            raise SourceError(message, file=self._file, line=action.line, column=action.column)
        elif action.text == "global":
            self._global = self._before = _without(document, "action")
            return
        elif action.text == "reset":
            self._global = self._nothing
            return
        else:
            base = replace(self._before, line=document.line, column=document.column)
            self._before = _over(base, _without(document, "action"))
        yield self._named(self._before)

    def _named(self, document: Mapping) -> Mapping:
        """Give rules of one title numbers; what else they are called by is the first one's."""
        title = document.get("title")
        if not isinstance(title, Scalar):
            return document
        self._titles[title.text] += 1
        count = self._titles[title.text]
        if count == 1:
            return document
        numbered = replace(title, text=f"{title.text} ({count})", quoted=True)
        entries = ((key, numbered if key.text == "title" else value) for key, value in document.entries)
        return replace(document, entries=tuple(pair for pair in entries if pair[0].text not in ("id", "name")))


def _without(document: Mapping, name: str) -> Mapping:
    return replace(document, entries=tuple(pair for pair in document.entries if pair[0].text != name))


def _over(below: Mapping, above: Mapping) -> Mapping:
    """Return a mapping with another put over it: mappings in it are joined, all else is replaced."""
    values: dict[str, tuple[Scalar, Node]] = {key.text: (key, value) for key, value in below.entries}
    for key, value in above.entries:
        old = values.get(key.text, (key, None))[1]
        joined = _over(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
        values[key.text] = (key, joined)
    return replace(below, entries=tuple(values.values()))
