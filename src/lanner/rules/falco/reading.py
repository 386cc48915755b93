"""What the readers of items share: the file, the collector, its warnings, and the rules of append and override."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence
from lanner.rules.falco.collector import Collector
from lanner.rules.falco.findings import Finding, LoadError, Place, as_finding
from lanner.rules.falco.hints import nearest
from lanner.rules.falco.values import Item, as_word

_APPEND_IS_OLD = (
    "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)
_APPEND_AND_OVERRIDE = (
    "Keys 'override' and 'append: true' cannot be used together. "
    "Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)
_NO_PAIRS = "invalid node; this may result from using a map iterator as a sequence iterator, or vice-versa"
WRONG = "LOAD_ERR_VALIDATE"


@dataclass(slots=True)
class Overrides:
    """The keys that an item asks to append to and to replace."""

    append: set[str] = field(default_factory=set)
    replace: set[str] = field(default_factory=set)

    @property
    def any(self) -> bool:
        """True when the item overrides something."""
        return bool(self.append or self.replace)


class Reading:
    """The reading of one file into the collector."""

    def __init__(self, file: str, collector: Collector) -> None:
        self.file, self.collector = file, collector
        self.warnings: list[Finding] = []

    def warn(self, code: str, message: str, item: Item, place: Place | None = None, hint: str = "") -> None:
        """Add a warning about an item."""
        at = place or item.place
        self.warnings.append(as_finding(code, message, at, self.file, item=item.name, hint=hint))

    def warn_unknown_keys(self, item: Item, known: Collection[str]) -> None:
        """Warn of keys that nothing reads, naming the nearest known one."""
        for key in item.unknown_keys(known):
            message = f"Unknown key '{as_word(key)}'. The key will be ignored."
            self.warn("LOAD_UNKNOWN_KEY", message, item, item.at(key), nearest(key.text, known))

    def append_flag(self, item: Item) -> bool:
        """Read `append`, warning that it is deprecated where it is true."""
        flag = item.flag("append", default=False)
        if flag:
            self.warn("LOAD_DEPRECATED_ITEM", _APPEND_IS_OLD, item, item.place_of("append"))
        return flag

    def overrides(
        self, item: Item, append: Collection[str], replace: Collection[str], *, append_flag: bool
    ) -> Overrides:
        """Read `override`; raises LoadError on keys and operations that may not be, or beside `append: true`."""
        overrides = Overrides()
        value = item.find("override")
        if isinstance(value, Mapping):
            for key, operation in value.entries:
                self._override(item, key, _operation(item, operation), (append, replace), overrides)
        elif isinstance(value, Sequence) and value.items:
            raise item.error(_NO_PAIRS, item.at(value), WRONG)
        if append_flag and overrides.any:
            raise item.error(_APPEND_AND_OVERRIDE)
        return overrides

    @staticmethod
    def _override(
        item: Item, key: Scalar, word: str, allowed: tuple[Collection[str], Collection[str]], overrides: Overrides
    ) -> None:
        append, replace = allowed
        name, place = as_word(key), item.at(key)
        if word == "append":
            if name not in append:
                raise item.error(f"Key '{name}' cannot be appended to, use 'replace' instead", place)
            overrides.append.add(name)
        elif word == "replace":
            if name not in replace:
                raise item.error(f"Key '{name}' cannot be replaced", place)
            overrides.replace.add(name)
        else:
            words = "append " * (name in append) + "replace " * (name in replace)
            message = f"Invalid override operation for key '{name}': '{word}'. Allowed values are: {words}"
            raise item.error(message, place)


def _operation(item: Item, node: Node) -> str:
    if isinstance(node, Scalar):
        return as_word(node)
    # yaml-cpp's own exception; Falco passes its words on.
    message = f"yaml-cpp: error at line {node.line}, column {node.column}: bad conversion"
    raise LoadError(WRONG, message, item.at(node), item=item.name, hint="write append or replace")
