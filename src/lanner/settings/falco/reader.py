"""Reads values out of falco.yaml as leniently as Falco does, with errors that name file, line and column."""

from __future__ import annotations

from dataclasses import dataclass, field

from lanner.config import yamltext
from lanner.config.typed import nearest
from lanner.config.yamltext import Mapping, Node, Scalar
from lanner.errors import SourceError
from lanner.settings.notes import Note

# The words that yaml-cpp, Falco's parser, takes for a boolean.
_TRUE = frozenset({"y", "yes", "true", "on"})
_FALSE = frozenset({"n", "no", "false", "off"})


@dataclass(slots=True)
class Origins:
    """Which file each included node came from; the nodes are kept, so that their identities stay theirs."""

    main: str
    files: dict[int, str] = field(default_factory=dict)
    kept: list[Node] = field(default_factory=list)

    def add(self, root: Node, file: str) -> None:
        """Remember the file of a tree of nodes."""
        self.kept.append(root)
        waiting: list[Node] = [root]
        while waiting:
            node = waiting.pop()
            self.files[id(node)] = file
            if isinstance(node, yamltext.Sequence):
                waiting += node.items
            elif isinstance(node, Mapping):
                waiting += [part for entry in node.entries for part in entry]

    def error(self, node: Node, message: str) -> SourceError:
        """Make an error at the node's place."""
        return SourceError(message, file=self.place(node), line=node.line, column=node.column)

    def place(self, node: Node) -> str:
        """Return the file that the node stands in."""
        return self.files.get(id(node), self.main)


class Reader:
    """One mapping of falco.yaml; a missing or empty one reads as all defaults."""

    def __init__(self, node: Node | None, origins: Origins, name: str = "") -> None:
        self.origins = origins
        self._name = name
        if isinstance(node, Mapping):
            self.entries = node.entries
        elif node is None or (isinstance(node, Scalar) and not node.text):
            self.entries = ()
        else:
            raise origins.error(node, f"{name}: write `key: value` lines below it")

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def get(self, key: str) -> Node | None:
        """Return the value of the first entry with that key; that one counts for Falco's parser when there are two."""
        return next((value for name, value in self.entries if name.text == key), None)

    def required(self, key: str) -> str:
        """Return the text under a key; raise SourceError at the section when there is none."""
        value = self.text(key)
        if not value:
            node = self.get(key) or (self.entries[0][0] if self.entries else Scalar("", quoted=False, line=1, column=1))
            raise self.origins.error(node, f"{self._name} is enabled but has no `{key}`; add it")
        return value

    def text(self, key: str, default: str = "") -> str:
        """Return the scalar under a key as written."""
        node = self.get(key)
        return default if node is None else self._scalar(node, key).text

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the boolean under a key."""
        node = self.get(key)
        word = "" if node is None else self._scalar(node, key).text.lower()
        if node is None or not word:
            return default
        if word not in _TRUE | _FALSE:
            raise self.origins.error(node, f"{self._path(key)}: '{word}' is neither true nor false")
        return word in _TRUE

    def number(self, key: str, default: float) -> float:
        """Return the number under a key; not negative."""
        node = self.get(key)
        text = "" if node is None else self._scalar(node, key).text
        if node is None or not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < 2**53:
            raise self.origins.error(node, f"{self._path(key)}: '{text}' is no number from 0 up")
        return value

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the list under a key; a single value counts as a list of one, nothing as an empty list."""
        node = self.get(key)
        if node is None or (isinstance(node, Scalar) and not node.text):
            return ()
        return node.items if isinstance(node, yamltext.Sequence) else (node,)

    def texts(self, key: str) -> list[str]:
        """Return the list of words under a key, empty ones left out."""
        return [text for item in self.items(key) if (text := self._scalar(item, key).text)]

    def section(self, key: str) -> Reader:
        """Return the mapping under a key."""
        return Reader(self.get(key), self.origins, self._path(key))

    def sections(self, key: str) -> list[Reader]:
        """Return the mappings in the list under a key."""
        return [Reader(item, self.origins, self._path(key)) for item in self.items(key)]

    def unknown(self, known: frozenset[str]) -> list[Note]:
        """Note each key that is not among the known ones, or given twice."""
        notes, seen = [], set()
        for key, _ in self.entries:
            place = f"{self.origins.place(key)}:{key.line}:{key.column}"
            path = self._path(key.text)
            if key.text in seen:
                notes.append(Note("warning", f"{place}: '{path}' is given twice; the first one counts"))
            elif key.text not in known:
                hint = nearest(key.text, sorted(known)) if len(known) < 12 or _is_near(key.text, known) else ""
                notes.append(Note("warning", f"{place}: unknown key '{path}' is ignored{hint}"))
            seen.add(key.text)
        return notes

    def _path(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _scalar(self, node: Node, key: str) -> Scalar:
        if isinstance(node, Scalar):
            is_null = not node.quoted and node.text in ("~", "null", "Null", "NULL")
            return Scalar("", node.quoted, node.line, node.column) if is_null else node
        raise self.origins.error(node, f"{self._path(key)}: a plain word or number belongs here")


def _is_near(word: str, known: frozenset[str]) -> bool:
    return nearest(word, sorted(known)).startswith("; did you mean")
