"""What of the settings applies to one event: parts, exceptions and further rules, by its resource, namespace, name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lanner.audit.redaction.names import compiled, word_test
from lanner.audit.redaction.settings import ExtraRule, Keep


class About(NamedTuple):
    """What an event is about; `resource` has the subresource behind a slash."""

    resource: str | None = None
    namespace: str | None = None
    name: str | None = None


class Extra:
    """One further rule, compiled."""

    def __init__(self, rule: ExtraRule) -> None:
        self.reason = rule.name
        self._paths = tuple(tuple(_unescaped(key) for key in path.split("/")[1:]) for path in rule.paths)
        self._in_keys: Any = compiled(rule.keys).search if rule.keys else None
        # One by one: groups of patterns that are joined would get other numbers.
        self.in_values = tuple(compiled((pattern,)) for pattern in rule.values)
        self._resource, self._namespace = word_test(rule.resources), word_test(rule.namespaces)

    def finds(self, path: tuple[bytes, ...], key: bytes) -> bool:
        """Say whether the rule names this place or key; the items of a list are objects of their own."""
        if key and self._in_keys is not None and self._in_keys(key):
            return True
        return any(
            _fits(wanted, path) or (path[:1] == (b"items",) and _fits(wanted, path[1:])) for wanted in self._paths
        )

    def within(self, value: bytes) -> Iterator[tuple[int, int]]:
        """Find what the rule's patterns find in a text."""
        for pattern in self.in_values:
            for found in pattern.finditer(value):
                start, end = found.span(1 if pattern.groups and found[1] else 0)
                if start < end:
                    yield start, end

    def concerns(self, about: About) -> bool:
        """Say whether the rule looks at events about this."""
        return self._resource(about.resource) and self._namespace(about.namespace)


def _fits(wanted: tuple[bytes, ...], path: tuple[bytes, ...]) -> bool:
    return len(wanted) == len(path) and all(key in (b"*", found) for key, found in zip(wanted, path, strict=True))


def _unescaped(key: str) -> bytes:
    return key.replace("~1", "/").replace("~0", "~").encode()


class Exempt:
    """One exception; `keeps_key` is None where it keeps all of an event."""

    def __init__(self, keep: Keep) -> None:
        self._tests = (word_test(keep.resources), word_test(keep.namespaces), word_test(keep.names))
        self.keeps_key = word_test(keep.keys) if keep.keys else None

    def concerns(self, about: About) -> bool:
        """Say whether the exception is about this."""
        return all(test(value) for test, value in zip(self._tests, about, strict=True))


class Scope(NamedTuple):
    """What applies to one event."""

    about: About
    parts: frozenset[str]
    extras: Sequence[Extra]
    kept: Sequence[Callable[[str | None], bool]]

    def keeps(self, key: bytes) -> bool:
        """Say whether an exception keeps the value behind a key."""
        if not self.kept:
            return False
        name = key.decode(errors="replace")
        return any(test(name) for test in self.kept)
