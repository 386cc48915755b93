"""Where the parts of a Sigma document stand in its file: pySigma's errors do not say."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence
from lanner.rules.falco.findings import Place


class Places:
    """Finds keys, fields and values of one document."""

    def __init__(self, document: Mapping, file: str) -> None:
        self._document, self._file = document, file

    def of(self, node: Node) -> Place:
        return Place(self._file, node.line, node.column)

    def key(self, *path: str) -> Place:
        """Return the place of the value at a path of keys, of the last that is there."""
        node: Node = self._document
        for step in path:
            below = node.get(step) if isinstance(node, Mapping) else None
            if below is None:
                break
            node = below
        return self.of(node)

    def check(self, names: Collection[str], value: str) -> Place:
        """Return the place of a value of a field in the detection, else of the field, else of the detection.

        A field may be called by any of the names; an empty name says that the value is a keyword's.
        """
        nearest: Place | None = None
        for key, node in self.items():
            if "" not in names and (key is None or key.text.partition("|")[0] not in names):
                continue
            if key is not None and nearest is None:
                nearest = self.of(key)
            for scalar in scalars(node):
                if scalar.text == value:
                    return self.of(scalar)
        return nearest or self.key("detection")

    def items(self) -> Iterator[tuple[Scalar | None, Node]]:
        """Yield the fields of all detections with their values, keywords without a field."""
        detection = self._document.get("detection")
        if isinstance(detection, Mapping):
            for name, node in detection.entries:
                if name.text != "condition":
                    yield from _items(node)


def _items(node: Node) -> Iterator[tuple[Scalar | None, Node]]:
    if isinstance(node, Mapping):
        yield from node.entries
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _items(item)
    else:
        yield None, node


def scalars(node: Node) -> Iterator[Scalar]:
    """Yield all scalars below a node."""
    if isinstance(node, Scalar):
        yield node
        return
    for item in node.items if isinstance(node, Sequence) else [value for _, value in node.entries]:
        yield from scalars(item)
