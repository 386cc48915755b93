"""Redacts events: looks closely only where an event's resource or a few words in its text give reason to."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Protocol

import msgspec
import re2

from lanner.audit.decode import decode_again
from lanner.audit.event import Event
from lanner.audit.redaction.anchors import Anchored, Anchors
from lanner.audit.redaction.bodies import BodyRules
from lanner.audit.redaction.edits import Edit, settled, spliced
from lanner.audit.redaction.marks import Marker
from lanner.audit.redaction.names import name_test
from lanner.audit.redaction.scope import About, Exempt, Extra, Scope
from lanner.audit.redaction.settings import RedactionSettings
from lanner.audit.redaction.uri import HINT, place_of
from lanner.audit.redaction.walk import walk

UNREADABLE, REFUSED = "unreadable", "refused"
WHOLE_BODIES = frozenset(("secrets", "configmaps", "tokenreviews", "certificatesigningrequests"))
"""Resources whose bodies are read whole."""
CALM = frozenset(("endpoints", "endpointslices", "leases"))
"""Resources that come in masses and hold addresses and times: only annotations are looked for."""

_BODIES = (b'"requestObject"', b'"responseObject"')
_SUSPECT = re2.compile(
    rb"(?i)secret|token|passw|passphrase|credential|stringdata|private[ _-]?key|last-applied|authorization|bearer"
    rb"|eyJ|LS0tLS1CRUdJTi|command=|\\u00[2-7]"
)
"""Words in a text that is no event for which it is not kept."""


class ObjectKeys(Protocol):
    """What an event is about."""

    resource: str | None
    subresource: str | None
    namespace: str | None
    name: str | None


class EventKeys(Protocol):
    """The keys of an event that say where to look; the archive and the stream each have a struct of them."""

    @property
    def object_ref(self) -> ObjectKeys | None: ...
    @property
    def request_uri(self) -> str | None: ...
    @property
    def request_object(self) -> msgspec.Raw: ...
    @property
    def response_object(self) -> msgspec.Raw: ...


class Redaction(NamedTuple):
    """What makes a redactor: it goes to processes, which make theirs of it."""

    settings: RedactionSettings
    salt: bytes

    def redactor(self) -> Redactor:
        return Redactor(self.settings, self.salt)


class Redactor:
    """Replaces secret values; `counts` says how many, by part of the settings or name of a further rule."""

    def __init__(self, settings: RedactionSettings, salt: bytes) -> None:
        self.counts: Counter[str] = Counter()
        self._marker = Marker(salt)
        self._parts = frozenset(settings.parts)
        self._is_secret = name_test(settings.names, settings.plain_names)
        self._annotations = frozenset(name.encode() for name in settings.annotations)
        self._anchors = Anchors(self._parts, self._annotations)
        self._extras = [Extra(rule) for rule in settings.rules]
        self._exempt = [Exempt(keep) for keep in settings.keep]

    def redact(self, text: bytes, keys: EventKeys) -> bytes:
        """Return an event's text with its secret values replaced, the very object where it has none. Never raises.

        `keys` are those that were read from the text.
        """
        uri = keys.request_uri
        has_body = len(keys.request_object) or len(keys.response_object)
        asks = uri is not None and ("?" in uri or "eyJ" in uri) and HINT.search(uri) is not None
        if not (has_body or asks):
            return text
        return self._redacted(text, keys, asks=asks)

    def redact_event(self, event: Event) -> Event:
        """Return the event as it may be stored and shown, itself where it holds no secret."""
        text = self.redact(event.raw, event.head)
        if text is event.raw:
            return event
        found = decode_again(text)
        if found is None:
            # What cannot be read at all is shown without its bodies.
            null = msgspec.Raw(b"null")
            head = msgspec.structs.replace(event.head, request_uri=None, request_object=null, response_object=null)
            return Event(msgspec.json.encode(head), head, event.number)
        found.number, found.cluster = event.number, event.cluster
        return found

    def mark(self, value: bytes) -> bytes:
        """Return the mark of a clear value."""
        return self._marker.mark(value)

    def redact_refused(self, text: bytes) -> bytes:
        """Return what may be kept of a text that is no event: where it may hold a secret, only its beginning."""
        if _SUSPECT.search(text) is None:
            return text
        body = min((at for at in map(text.find, _BODIES) if at >= 0), default=0)
        beginning = text[: 0 if _SUSPECT.search(text[:body]) else body]
        self.counts[REFUSED] += 1
        return beginning + self._marker.mark(text[len(beginning) :])

    def _redacted(self, text: bytes, keys: EventKeys, *, asks: bool) -> bytes:
        about = _about(text, keys)
        found = self._anchors.find(text, calm=_is_calm(keys, about))
        if not (asks or found or self._extras or _reads_whole(keys, about)):
            return text
        scope = self._scope(about)
        if scope is None:
            return text
        try:
            edits = self._edits(text, keys, scope, found, asks=asks)
        except Exception:  # noqa: BLE001 - an odd event must neither end its reader nor be kept in clear
            self.counts[UNREADABLE] += 1
            return self.redact_refused(text)
        apart = list(settled(text, edits, self._marker))
        self.counts.update(edit.reason for edit in apart)
        return spliced(text, apart) if apart else text

    def _scope(self, about: About) -> Scope | None:
        """Return what applies to an event, None where an exception keeps all of it."""
        exempt = [each for each in self._exempt if each.concerns(about)]
        if any(each.keeps_key is None for each in exempt):
            return None
        kept = [each.keeps_key for each in exempt if each.keeps_key is not None]
        return Scope(about, self._parts, [extra for extra in self._extras if extra.concerns(about)], kept)

    def _edits(self, text: bytes, keys: EventKeys, scope: Scope, found: Anchored, *, asks: bool) -> list[Edit]:
        rules = BodyRules(text, scope, self._marker, self._is_secret, self._annotations)
        uri = place_of(text, keys.request_uri or "") if asks else None
        if found.whole or (asks and uri is None) or scope.extras or _reads_whole(keys, scope.about):
            walk(text, 0, rules)
        else:
            if uri is not None:
                rules.uri(*uri)
            self._look_at(rules, found)
        for start, end in found.tokens:
            rules.pattern(start, end)
        return rules.edits

    @staticmethod
    def _look_at(rules: BodyRules, found: Anchored) -> None:
        done = 0
        for start, key in found.places:
            if start >= done:  # else it stands within a list that was read already
                done = walk(rules.text, start, rules, key)
        for start, end in found.annotations:
            rules.annotation(start, end)


def _reads_whole(keys: EventKeys, about: About) -> bool:
    if not about.resource:
        return not _is_discovery(keys)
    if about.resource.partition("/")[0] in WHOLE_BODIES or about.resource == "serviceaccounts/token":
        return True
    return _is_list(keys.request_object) or _is_list(keys.response_object)  # a patch


def _is_list(body: msgspec.Raw) -> bool:
    return bytes(memoryview(body)[:1]) == b"["


def _is_calm(keys: EventKeys, about: About) -> bool:
    return about.resource in CALM if about.resource else _is_discovery(keys)


def _is_discovery(keys: EventKeys) -> bool:
    """Say whether the response is one of the lists by which clients learn what an API server serves."""
    return not len(keys.request_object) and bytes(memoryview(keys.response_object)[:12]) == b'{"kind":"API'


def _about(text: bytes, keys: EventKeys) -> About:
    target = keys.object_ref
    if target is None or target.resource is None:
        # Whoever wrote this event does not say what it is about: a word in it must do.
        guess = "secrets" if b"secrets" in text else None
        return About(guess, target.namespace, target.name) if target is not None else About(guess)
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    return About(resource, target.namespace, target.name)
