"""Lists, macros, rules and exceptions as they stand in documents, before names are replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

from lanner.audit.event import SOURCE
from lanner.config.yamltext import Scalar
from lanner.rules.falco.findings import Place

SYSCALL_SOURCE = "syscall"
KNOWN_SOURCES = frozenset({SOURCE, SYSCALL_SOURCE})
"""The event sources that Falco knows with the k8saudit and json plugins loaded."""


@dataclass(slots=True)
class Piece:
    """A part of a condition or output and the scalar it was written in."""

    scalar: Scalar
    file: str


@dataclass(slots=True)
class Written:
    """A text that may be put together from several places, one blank between them (Falco's append)."""

    text: str
    pieces: list[Piece]

    @classmethod
    def of(cls, scalar: Scalar, file: str) -> Written:
        """Make one from a single scalar."""
        return cls(scalar.text, [Piece(scalar, file)])

    def append(self, other: Written) -> None:
        """Put another text behind this one."""
        self.text = f"{self.text} {other.text}"
        self.pieces.extend(other.pieces)

    def locate(self, offset: int) -> tuple[Piece, int]:
        """Return the piece that holds an offset and the offset inside it."""
        for piece in self.pieces[:-1]:
            if offset <= len(piece.scalar.text):
                return piece, offset
            offset -= len(piece.scalar.text) + 1
        return self.pieces[-1], offset


@dataclass(slots=True)
class Entry:
    """A word, or a list of entries, of an exception's fields, comps or values."""

    item: str = ""
    items: list[Entry] = field(default_factory=list)
    is_list: bool = False

    @property
    def given(self) -> bool:
        """True when there is something in it."""
        return bool(self.items) if self.is_list else bool(self.item)


@dataclass(slots=True)
class ExceptionItem:
    """One named exception of a rule."""

    name: str
    place: Place
    fields: Entry = field(default_factory=Entry)
    comps: Entry = field(default_factory=Entry)
    values: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class ListItem:
    """A list; `index` is its number of first definition, `visibility` that of its last change."""

    name: str
    place: Place
    items: list[str]
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class MacroItem:
    """A macro; see ListItem for the numbers."""

    name: str
    place: Place
    condition: Written
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class RuleItem:
    """A rule; see ListItem for the numbers."""

    name: str
    place: Place
    condition: Written
    output: Written
    description: str
    priority: str
    source: str
    tags: set[str] = field(default_factory=set)
    exceptions: list[ExceptionItem] = field(default_factory=list)
    enabled: bool = True
    warn_types: bool = True
    """Whether a system-call rule without event types is worth a warning."""
    skip_unknown: bool = False
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class RuleUpdate:
    """What an append or override changes of a rule; None leaves a part alone."""

    name: str
    place: Place
    source: str = ""
    """The source that must be the rule's, where Falco compares it."""
    condition: Written | None = None
    output: Written | None = None
    description: str | None = None
    priority: str | None = None
    tags: set[str] | None = None
    exceptions: list[ExceptionItem] | None = None
    enabled: bool | None = None
    warn_types: bool | None = None
    skip_unknown: bool | None = None

    @property
    def appends_any(self) -> bool:
        """True when there is something that can be appended."""
        parts = (self.condition, self.output, self.description, self.tags, self.exceptions)
        return any(part is not None for part in parts)
