"""Reads YAML as yaml-cpp does, for texts that the fast reader refuses: the same mistakes, or the nodes after all."""

from __future__ import annotations

from lanner.config.yamltext import MAX_DEPTH, MAX_NODES, Mapping, Node, Scalar, Sequence
from lanner.rules.falco.values import is_null
from lanner.rules.falco.yaml_scanner import Scanner, Token
from lanner.rules.falco.yaml_stream import Mark, YamlCppError


def read_nodes(text: str) -> list[Node]:
    """Return the documents of a text up to the first that is null, as yaml-cpp loads them; raises YamlCppError."""
    scanner = Scanner(text)
    documents: list[Node] = []
    while True:
        directives: set[str] = set()
        while (token := scanner.peek()) is not None and token.kind == "directive":
            _check_directive(token, directives)
            scanner.pop()
        if token is None:
            return documents
        document = _Document(scanner).read()
        if is_null(document):
            return documents
        documents.append(document)


def _check_directive(token: Token, seen: set[str]) -> None:
    words = token.value.partition(" #")[0].split()
    arguments = words[1:]
    if words[0] == "%YAML":
        _expect(len(arguments) == 1, token.mark, "YAML directives must have exactly one argument")
        _expect("%YAML" not in seen, token.mark, "repeated YAML directive")
        major, dot, minor = arguments[0].partition(".")
        _expect(major.isdigit() and minor.isdigit() and bool(dot), token.mark, f"bad YAML version: {arguments[0]}")
        _expect(int(major) <= 1, token.mark, "YAML major version too large")
        seen.add("%YAML")
    elif words[0] == "%TAG":
        _expect(len(arguments) == 2, token.mark, "TAG directives must have exactly two arguments")
        _expect(arguments[0] not in seen, token.mark, "repeated TAG directive")
        seen.add(arguments[0])


def _expect(right: bool, mark: Mark, message: str) -> None:
    if not right:
        raise YamlCppError(mark, message)


class _Document:
    """Builds one document's nodes out of tokens."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._anchors: dict[str, Node | None] = {}
        self._collections: list[str] = []
        self._count = 0

    def read(self) -> Node:
        """Return the document's node."""
        if self._next() == "document start":
            self._scanner.pop()
        node = self._node()
        while self._next() == "document end":
            self._scanner.pop()
        return node

    def _next(self) -> str:
        token = self._scanner.peek()
        return "" if token is None else token.kind

    def _take(self, message: str) -> Token:
        """Return the next token without dropping it; at the end of the text raise the message."""
        token = self._scanner.peek()
        if token is None:
            raise YamlCppError(self._scanner.mark(), message)
        return token

    def _node(self) -> Node:
        token = self._scanner.peek()
        if token is None:
            return _null(self._scanner.mark())
        self._count += 1
        depth = len(self._collections) - self._collections.count("pair")
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise YamlCppError(token.mark, "bad file")
        if token.kind == "value":
            return self._pair(token.mark)
        if token.kind == "alias":
            return self._alias(token)
        tagged, anchor = self._properties()
        node = self._body(token.mark, tagged=tagged)
        if anchor:
            self._anchors[anchor] = node
        return node

    def _alias(self, token: Token) -> Node:
        self._scanner.pop()
        node = self._anchors.get(token.value)
        if node is None:
            raise YamlCppError(token.mark, f"the referenced anchor is not defined: {token.value}")
        return node

    def _properties(self) -> tuple[bool, str]:
        tagged, anchor = False, ""
        while (token := self._scanner.peek()) is not None and token.kind in ("tag", "anchor"):
            if token.kind == "tag":
                _expect(not tagged, token.mark, "cannot assign multiple tags to the same node")
                tagged = True
            else:
                _expect(not anchor, token.mark, "cannot assign multiple anchors to the same node")
                anchor = token.value
                self._anchors.setdefault(anchor, None)
            self._scanner.pop()
        return tagged, anchor

    def _body(self, mark: Mark, *, tagged: bool) -> Node:
        token = self._scanner.peek()
        if token is None:
            return _null(mark)
        if token.kind in ("plain", "quoted"):
            self._scanner.pop()
            return Scalar(token.value, tagged or token.kind == "quoted", mark.line + 1, mark.column + 1)
        read = {"[": self._flow_list, "list start": self._block_list, "{": self._flow_map, "map start": self._block_map}
        if token.kind in read:
            self._scanner.pop()
            self._collections.append(token.kind)
            node = read[token.kind](mark)
            self._collections.pop()
            return node
        if token.kind == "key" and self._collections[-1:] == ["["]:
            return self._pair(mark)
        return Scalar("", tagged, mark.line + 1, mark.column + 1)

    def _block_list(self, mark: Mark) -> Node:
        items: list[Node] = []
        while True:
            token = self._take("end of sequence not found")
            _expect(token.kind in ("entry", "list end"), token.mark, "end of sequence not found")
            self._scanner.pop()
            if token.kind == "list end":
                return Sequence(tuple(items), mark.line + 1, mark.column + 1)
            following = self._scanner.peek()
            if following is not None and following.kind in ("entry", "list end"):
                items.append(_null(following.mark))
            else:
                items.append(self._node())

    def _flow_list(self, mark: Mark) -> Node:
        items: list[Node] = []
        message = "end of sequence flow not found"
        while self._take(message).kind != "]":
            items.append(self._node())
            token = self._take(message)
            if token.kind == ",":
                self._scanner.pop()
            else:
                _expect(token.kind == "]", token.mark, message)
        self._scanner.pop()
        return Sequence(tuple(items), mark.line + 1, mark.column + 1)

    def _block_map(self, mark: Mark) -> Node:
        entries: list[tuple[Scalar, Node]] = []
        message = "end of map not found"
        while (token := self._take(message)).kind != "map end":
            _expect(token.kind in ("key", "value"), token.mark, message)
            entries.append(self._entry(token))
        self._scanner.pop()
        return Mapping(tuple(entries), mark.line + 1, mark.column + 1)

    def _flow_map(self, mark: Mark) -> Node:
        entries: list[tuple[Scalar, Node]] = []
        message = "end of map flow not found"
        while (token := self._take(message)).kind != "}":
            entries.append(self._entry(token))
            following = self._take(message)
            if following.kind == ",":
                self._scanner.pop()
            else:
                _expect(following.kind == "}", following.mark, message)
        self._scanner.pop()
        return Mapping(tuple(entries), mark.line + 1, mark.column + 1)

    def _pair(self, mark: Mark) -> Node:
        """Read a single `key: value` that stands in a list without braces."""
        self._collections.append("pair")
        entry = self._entry(self._take("end of map not found"))
        self._collections.pop()
        return Mapping((entry,), mark.line + 1, mark.column + 1)

    def _entry(self, token: Token) -> tuple[Scalar, Node]:
        key: Node = _null(token.mark)
        if token.kind == "key":
            self._scanner.pop()
            key = self._node()
        if not isinstance(key, Scalar):
            raise YamlCppError(token.mark, "a key must be a plain word")
        if self._next() == "value":
            self._scanner.pop()
            return key, self._node()
        return key, _null(token.mark)


def _null(mark: Mark) -> Scalar:
    return Scalar("", False, mark.line + 1, mark.column + 1)
